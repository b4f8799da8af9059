/**
 * Text of others must not stop the clock: everything that reads it is fed 50 and 100 KB of what is
 * worst for matching. Twice the text costs at most three times as much, and never two seconds.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { costOf, MEASURABLE_MS, PIECES, READERS } from './slow-text/readers.ts'

const LIMIT_MS = 2_000

describe.each(Object.entries(READERS))('%s', (_, read) => {
  it('takes long text in linear time', () => {
    for (const piece of PIECES) {
      const half = piece.repeat(Math.ceil(50_000 / piece.length))
      const whole = costOf(read, half + half)
      const what = `100 KB of ${JSON.stringify(piece)}`
      expect(whole, what).toBeLessThan(LIMIT_MS)
      // Measured again before it is believed: others use the machine too.
      const steep = () => costOf(read, half + half) > 3 * Math.max(costOf(read, half), 5)
      expect(whole > MEASURABLE_MS && steep() && steep() && steep(), what).toBe(false)
    }
  }, 60_000)
})

/** Folders whose code reads what clients and providers send. */
const FOREIGN = [
  'messages',
  'transforms',
  'upstream',
  'framing',
  'routing',
  'gateway',
  'protocols',
  'lib',
]

/** Files with patterns that need no row above, and why. */
const SHORT: Readonly<Record<string, string>> = {
  'src/protocols/anthropic/request.ts': 'ids, and names of fields and kinds, from their start',
  'src/protocols/bedrock-converse/request.ts': 'names of models, without a loop',
  'src/protocols/claude.ts': 'names of models',
  'src/protocols/reasoning.ts': 'names of models',
  'src/protocols/gemini/request.ts': 'URLs of files',
  'src/protocols/openai-chat/request.ts': 'names of models, without a loop',
  'src/protocols/openai-responses/response-tool-calls.ts': 'a beginning, and the end of a URL',
  'src/protocols/openai-responses/request.ts': 'names of models, without a loop',
  'src/protocols/schema/rules.ts': 'names of definitions of a schema',
  'src/protocols/server-tools.ts': 'kinds of blocks, without a loop',
  'src/framing/sse.ts': 'a beginning',
  'src/gateway/telemetry/usage-record.ts': 'an id of 36 characters',
  'src/gateway/telemetry/request-metrics.ts': 'one character',
  'src/gateway/models.ts': 'the beginning of a path',
  'src/gateway/attempt/answer-format.ts': 'one line, from its start',
  'src/gateway/telemetry/route-trace.ts': 'a beginning',
  'src/gateway/targets/shared-breaker.ts': 'names of targets',
  'src/gateway/tokens/request-tokens.ts': 'names of fields, without a loop',
  'src/gateway/tokens/tokenizer.ts': 'has its own test of long runs',
  'src/lib/lock/lock-protocol.ts': 'words of a lock, from start to end',
  'src/lib/socket-holders.ts': 'lines of /proc',
  'src/lib/loopback.ts': 'names of hosts, from start to end',
  'src/lib/process.ts': 'lines of ps, from start to end',
  'src/messages/refused-messages.ts':
    'what refusal.ts leaves of an error: 8 KB; read above by changesOf',
  'src/messages/refused-field.ts': 'the same',
  'src/messages/refused-reasoning.ts': 'the same',
  'src/messages/web-search.ts': 'a beginning',
  'src/routing/model-id.ts': 'the end of a name, without a loop',
  'src/routing/preference.ts': 'preferences, from start to end',
  'src/routing/resolve.ts': 'the end of a name',
  'src/routing/scenario.ts': 'words, without a loop',
  'src/upstream/dispatchers.ts': 'names of hosts, from start to end',
  'src/upstream/answer-errors.ts': 'errors of at most 64 KB; their text is read above',
  'src/upstream/proxy.ts': 'proxies of the environment',
  'src/upstream/tunnel.ts': 'a beginning of what a proxy says, which is bounded',
}

describe('the rows above', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const filesIn = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) return filesIn(path)
      return path.endsWith('.ts') && !path.endsWith('.test.ts') ? [path] : []
    })

  it('hold every file that matches what others send with a pattern that has a loop', () => {
    const here = readFileSync(join(root, 'test/conformance/slow-text/readers.ts'), 'utf8')
    const pattern = /[=(,:[?!&|]\s*\/(?![/*])[^\n]+\/[dgimsuvy]*[.,;)\s\]]/
    const missing = FOREIGN.flatMap((folder) => filesIn(`src/${folder}`))
      .filter((file) => {
        const lines = readFileSync(join(root, file), 'utf8').split('\n')
        const code = lines.filter((line) => !/^\s*(?:\/?\*|\/\/)/.test(line))
        return code.some((line) => {
          const [found = ''] = pattern.exec(` ${line} `) ?? []
          return /[*+]|\{\d+,\}/.test(found)
        })
      })
      .filter((file) => !here.includes(`'../../../${file}'`) && !(file in SHORT))
    expect(missing).toEqual([])
  })
})
