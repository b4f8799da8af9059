/**
 * Text of others must not stop the clock: everything that reads it is fed 50 and 100 KB of what is
 * worst for matching. Twice the text costs at most three times as much, and never two seconds.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { rankingIn } from '../../src/cli/compare/judge/verdict.ts'
import { section } from '../../src/cli/compare/columns.ts'
import { labelOf } from '../../src/cli/compare/seats.ts'
import { fenced, html, oneLine } from '../../src/cli/foreign-text.ts'
import { logLine } from '../../src/cli/log-line.ts'
import { visible } from '../../src/cli/session-text.ts'
import { excerpt, maskSecrets } from '../../src/config/excerpt.ts'
import { createMask } from '../../src/daemon/mask.ts'
import { answer } from '../../src/demo/model.ts'
import { createTap } from '../../src/formats/anthropic/tap.ts'
import { openaiEfforts } from '../../src/formats/effort.ts'
import { conversationId } from '../../src/formats/fields.ts'
import { familyOf as geminiFamily } from '../../src/formats/gemini/model.ts'
import { PartialArguments } from '../../src/formats/gemini/partial.ts'
import { MISTRAL_ID, shapedId } from '../../src/formats/tool-id.ts'
import { fittingName } from '../../src/formats/tool-name.ts'
import { familyOf } from '../../src/gateway/tokens/family.ts'
import { pdfPages } from '../../src/gateway/tokens/media.ts'
import { escapeControls } from '../../src/lib/controls.ts'
import { isTextTooDeep } from '../../src/lib/depth.ts'
import { topLevelSpan } from '../../src/lib/json-span.ts'
import { withoutPieces } from '../../src/lib/masking.ts'
import { wrapped } from '../../src/lib/width.ts'
import { durationMs } from '../../src/messages/duration.ts'
import { GatewayError } from '../../src/messages/error.ts'
import { upstreamFault } from '../../src/messages/fault.ts'
import { overflowIn } from '../../src/messages/overflow.ts'
import { parseRequest } from '../../src/messages/request.ts'
import { saidIn } from '../../src/messages/said.ts'
import { isStateRefused } from '../../src/messages/state.ts'
import { lookUp } from '../../src/routing/lookup.ts'
import { mentionsOf, takeTag } from '../../src/routing/tag.ts'
import { repaired } from '../../src/transforms/repair-arguments.ts'
import { retryAfterOf } from '../../src/upstream/retry-after.ts'

const plain = (_: string, text: string): string => text
const SECRETS = ['planted-secret-0123456789', 'another "secret" with \\ in it']
const asUser = (content: string) => ({ model: 'm', messages: [{ role: 'user', content }] })
const demo = { model: 'demo-a', stream: true, includeUsage: true, tools: ['Bash', 'Write'] }

/** Everything that reads text which others wrote. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'errors: does not fit': (text) => overflowIn(text, [], false),
  'errors: does not fit, counted': (text) => overflowIn(`prompt is too long ${text}`, [], false),
  'errors: words': (text) => saidIn(text),
  'errors: whole': (text) => upstreamFault({ error: { message: text } }, { provider: 'p' }),
  'errors: state': (text) => isStateRefused(new GatewayError('invalid_request_error', text)),
  'errors: starred': (text) => withoutPieces(text, SECRETS, '***'),
  durations: (text) => durationMs(text),
  'headers that say when': (text) =>
    retryAfterOf({ 'retry-after': text, 'x-ratelimit-reset': text, [text]: '1' }, 429, 0),
  'tool arguments': (text) => repaired(text),
  'tool arguments in an object': (text) => repaired(`{"a": "${text}`),
  'JSON levels': (text) => isTextTooDeep(text),
  'top level of JSON': (text) => topLevelSpan(`{"a":${text}`, 'model'),
  'request body': (text) => parseRequest(JSON.stringify(asUser(text))),
  'request that is no JSON': (text) => parseRequest(text),
  'tags of sub-agents': (text) => takeTag(asUser(text), { agentId: 'a' }),
  'mentions of tags': (text) => mentionsOf(asUser(text), {}),
  'names of models': (text) => [
    openaiEfforts(text),
    familyOf(text),
    geminiFamily(text),
    lookUp(text, []),
  ],
  'names of tools': (text) => [fittingName(text), shapedId(text, MISTRAL_ID)],
  'id of a user': (text) => conversationId({ ...asUser('x'), metadata: { user_id: text } }),
  'PDF files': (text) => pdfPages(Buffer.from(text).toString('base64')),
  'partial arguments': (text) => new PartialArguments().add({ jsonPath: text, stringValue: 'x' }),
  'events that pass': (text) => createTap('p', SECRETS).push(Buffer.from(`data: ${text}\n\n`)),
  'errors that pass': (text) =>
    createTap('p', SECRETS).push(
      Buffer.from(`event: ping\n\nevent: x\ndata: {"error":"${text}"}\n\n`),
    ),
  'log: masked': (text) => createMask(SECRETS)(text),
  'log: shown': (text) => [logLine(text, plain), logLine(JSON.stringify({ msg: text }), plain)],
  config: (text) => [excerpt(text, { line: 1, column: text.length / 2 }), maskSecrets(text)],
  terminal: (text) => [escapeControls(text), visible(text), oneLine(text)],
  'compare: answers': (text) => [section({ title: 't', text, progress: '' }, plain), fenced(text)],
  'compare: pages': (text) => html(text),
  'compare: lines': (text) => wrapped(oneLine(text), 80),
  'compare: verdict': (text) => rankingIn(text, ['A', 'B']),
  'compare: labels': (text) => labelOf(text, new Set()),
  demo: (text) =>
    answer({
      ...demo,
      ...{ messages: [{ role: 'user', text, calls: 0 }], wanted: null },
      ...{ maxTokens: 100, promptChars: 1 },
    }),
}

/** Pieces that, repeated, lead a matcher to begin again and again. */
const PIECES: readonly string[] = [
  ...[
    'a',
    'a.',
    'A-',
    '1',
    '1,',
    '1.',
    '1 a',
    ' ',
    '\t',
    '\n',
    '\r',
    '\r\n',
    '-',
    '/',
    '.',
    ':',
    '@',
  ],
  ...[
    '"',
    '\\',
    '\\"',
    "'",
    '`',
    '```',
    '{',
    '[',
    '}',
    '{"',
    '[{',
    '{"a":',
    '<',
    '=',
    '&',
    '?',
    '$',
    '${',
  ],
  ...[
    '<title',
    '<system-reminder>',
    '<CCR-SUBAGENT-MODEL>',
    'request too large limit 1, ',
    'token count ',
  ],
  ...[
    'sk-',
    'key=',
    'auth',
    'passw',
    'bearer ',
    'http://a?',
    '://a',
    'a:',
    '//a:',
    'ratelimit',
    'reset',
  ],
  ...[
    'gpt-6',
    'gemini-',
    '_session_',
    'thinking signature ',
    'try again in 1s ',
    'run: ',
    '\nwrite: a',
  ],
  ...[
    '{"ranking',
    '/Type /Page',
    '/Count ',
    'data: ',
    'tokens 1 > ',
    '1 tokens in the ',
    '.a[0]',
    '\u001b',
  ],
]

const LIMIT_MS = 2_000
/** Less than that is noise. */
const MEASURABLE_MS = 100

function costOf(read: (text: string) => unknown, text: string): number {
  let least = Infinity
  for (let run = 0; run < 3; run += 1) {
    const start = performance.now()
    try {
      read(text)
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) throw thrown
    }
    least = Math.min(least, performance.now() - start)
    if (least < MEASURABLE_MS) break
  }
  return least
}

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
  'formats',
  'lib',
]

/** Files with patterns that need no row above, and why. */
const SHORT: Readonly<Record<string, string>> = {
  'src/formats/anthropic/hosted.ts': 'names of fields and kinds, from their start',
  'src/formats/anthropic/patch.ts': 'ids, from start to end',
  'src/formats/bedrock-converse/cache.ts': 'names of models, without a loop',
  'src/formats/bedrock-converse/tools.ts': 'names of models, without a loop',
  'src/formats/claude.ts': 'names of models',
  'src/formats/thinkers.ts': 'names of models',
  'src/formats/gemini/history.ts': 'URLs of files',
  'src/formats/openai-chat/search.ts': 'names of models, without a loop',
  'src/formats/openai-responses/input.ts': 'ids of at most 64 characters',
  'src/formats/openai-responses/parallel.ts': 'a beginning',
  'src/formats/openai-responses/reasoning.ts': 'names of models, without a loop',
  'src/formats/openai-responses/search.ts': 'the end of a URL, without a loop',
  'src/formats/schema/references.ts': 'names of definitions of a schema',
  'src/formats/server-tools.ts': 'kinds of blocks, without a loop',
  'src/framing/sse.ts': 'a beginning',
  'src/gateway/entry.ts': 'an id of 36 characters',
  'src/gateway/meter.ts': 'one character',
  'src/gateway/models.ts': 'the beginning of a path',
  'src/gateway/pass-through.ts': 'one character',
  'src/gateway/route-facts.ts': 'a beginning',
  'src/gateway/shared-health.ts': 'names of targets',
  'src/gateway/tokens/pieces.ts': 'names of fields, without a loop',
  'src/gateway/tokens/tokenizer.ts': 'has its own test of long runs',
  'src/lib/lock/holder-words.ts': 'words of a lock, from start to end',
  'src/lib/socket-holders.ts': 'lines of /proc',
  'src/lib/loopback.ts': 'names of hosts, from start to end',
  'src/lib/process.ts': 'lines of ps, from start to end',
  'src/messages/second-try.ts': 'words of an error, without a loop',
  'src/messages/search.ts': 'a beginning',
  'src/routing/model-id.ts': 'the end of a name, without a loop',
  'src/routing/preference.ts': 'preferences, from start to end',
  'src/routing/resolve.ts': 'the end of a name',
  'src/routing/scenario.ts': 'words, without a loop',
  'src/upstream/dispatchers.ts': 'names of hosts, from start to end',
  'src/upstream/faults.ts': 'errors of at most 64 KB; their text is read above',
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
    const here = readFileSync(fileURLToPath(import.meta.url), 'utf8')
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
      .filter((file) => !here.includes(`'../../${file}'`) && !(file in SHORT))
    expect(missing).toEqual([])
  })
})
