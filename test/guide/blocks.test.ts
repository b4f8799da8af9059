/** Every shell command of the guide, run as it is written there. */
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BLOCKS, LISTING } from './blocks.ts'
import { answerOf, GPT4, startHarness, OPUS, type Harness } from './harness.ts'
import { GUIDE, GUIDE_FILE } from '../support/requires.ts'

let harness: Harness

describe('the commands of the guide', () => {
  beforeEach(async () => {
    harness = await startHarness()
  })
  afterEach(() => harness.remove())

  it('all succeed as they are written, in the order of the guide, and reach the models they name', async () => {
    expect(Object.keys(EFFECTS)).toEqual(BLOCKS.map(({ heading }) => heading))
    for (const { heading, script } of BLOCKS) {
      const { code, stdout, stderr } = await harness.bash(script)
      expect(code, `${heading}: ${stderr}`).toBe(0)
      const requests = EFFECTS[heading] ?? []
      expect({ heading, requests: harness.newRequests() }).toEqual({ heading, requests })
      for (const request of requests) {
        const [model = '', prompt = ''] = request.split(': ')
        expect(stdout).toContain(`200 ${answerOf(model, prompt)}\n`)
      }
    }
    expect((await harness.sessions()).map((one) => one.modelPreference)).toEqual(SESSIONS)
  }, 180_000)

  it('ccr sessions prints the listing of the guide to the byte, but for ids, ports and pids', async () => {
    await harness.ccr.start(GPT4)
    await harness.ccr.start(OPUS)
    const clients = [
      await harness.client(GPT4),
      await harness.client(OPUS),
      await harness.client(OPUS),
    ]
    const { stdout } = await harness.bash('ccr sessions')
    expect(masked(stdout)).toBe(masked(LISTING))
    for (const client of clients) await client.leave()
  })
})

describe('beside the guide itself', GUIDE, () => {
  it('the commands and the listing are the ones of the guide', () => {
    const fences = [...readFileSync(GUIDE_FILE, 'utf8').matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    const of = (language: string): (string | undefined)[] =>
      fences.filter((fence) => fence[1] === language).map((fence) => fence[2])
    expect(BLOCKS.map(({ script }) => script)).toEqual(of('bash'))
    expect([LISTING]).toEqual(of(''))
  })
})

function masked(listing: string): string {
  return listing
    .replace(/^(Session ID: )[0-9a-f]{8}$/gm, '$1ID')
    .replace(/^(Port: )\d+$/gm, '$1PORT')
    .replace(/^(PID: )\d+$/gm, '$1PID')
}

/** The requests that the commands under a heading cause, as `model: prompt`. */
const EFFECTS: Readonly<Record<string, readonly string[]>> = {
  'Starting a Session with a Specific Model': [],
  'Using Claude Code with a Specific Model': [
    'gpt-4: Write a function to sort an array',
    'claude-3-opus: Explain quantum computing',
    'llama-3: Hello, world!',
  ],
  'View All Active Sessions': [],
  'Check Status of a Specific Session': [],
  'Stop a Specific Session': [],
  'Restart a Specific Session': [],
  'Provider and Model': [],
  'Model Only': [],
  'Terminal 1 - GPT-4 Session': ['gpt-4-turbo: Implement a REST API'],
  'Terminal 2 - Claude Opus Session': ['claude-3-opus-20240229: Analyze this codebase'],
  'Terminal 3 - Claude Sonnet Session': ['claude-3-5-sonnet-20241022: Fix this bug'],
  'Switching Between Sessions': ['gpt-4: Task 1', 'claude-3-opus: Task 2', 'llama-3: Task 3'],
  'Shell Aliases (Optional)': [
    'gpt-4-turbo: Use GPT-4',
    'claude-3-opus-20240229: Use Claude Opus',
    'claude-3-5-sonnet-20241022: Use Claude Sonnet',
  ],
}

/** What runs in the end, by port: the default session first, then in the order of their start. */
const SESSIONS: readonly string[] = [
  '',
  'openrouter/gpt-4',
  'anthropic,claude-3-opus',
  'gpt-4-turbo',
  'openrouter/gpt-4-turbo',
  'anthropic,claude-3-opus-20240229',
  'anthropic,claude-3-5-sonnet-20241022',
]
