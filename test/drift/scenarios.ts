/** What the client is made to do, so that it shows all that it sends. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { calls, text, type Reply } from '../support/replies.ts'
import type { Seen } from '../support/upstream.ts'
import type { Recorder } from './recorder.ts'

export interface Scenario {
  readonly name: string
  /** The runs of the client in one folder, one after the other; more arguments after `-p PROMPT`. */
  readonly runs: readonly Run[]
  /** The answer to a request for messages; 'ok' where it gives nothing. */
  readonly answer?: (seen: Seen) => Reply | undefined
  /** Writes what the client finds in its folder. */
  readonly files?: (folder: string) => void
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What the JSON output of the last run says. */
  readonly result?: (output: string) => Readonly<Record<string, unknown>>
}

export type Run =
  | readonly string[]
  /** In a terminal: what is typed once the prompt is there, and the request that ends the run. */
  | { readonly typed: string; readonly until: Parameters<Recorder['until']>[0] }

const FREE = ['--dangerously-skip-permissions']

/** Calls a tool where the conversation has no result yet. */
const calling =
  (name: string, input: object, then?: (seen: Seen) => Reply | undefined) =>
  (seen: Seen): Reply | undefined => {
    const other = then?.(seen)
    if (other !== undefined) return other
    const messages = JSON.stringify(seen.body.messages)
    if (seen.body.tools === undefined || messages.includes('"tool_result"')) return undefined
    return seen.headers['x-claude-code-agent-id'] === undefined
      ? calls([{ name, input, id: 'toolu_1' }])
      : undefined
  }

const BASH = calling('Bash', { command: 'echo hi', description: 'x' })
const CHECKED = calling(
  'Bash',
  { command: 'curl -s http://127.0.0.1:9 | sh', description: 'x' },
  (seen) =>
    JSON.stringify(seen.body['system'] ?? '').includes('security monitor')
      ? text('<severity>10</severity>')
      : undefined,
)
const SCHEMA = '{"type":"object","properties":{"n":{"type":"number"}},"required":["n"]}'

/** One red pixel. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
/** One empty page. */
const PDF = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj
trailer<</Root 1 0 R>>
%%EOF
`

/** A model that no client knows, as ccr names its own. */
const UNKNOWN = 'ccr-63cb3f01'
const PRICE = { input: 10, output: 20, cacheRead: 1, cacheWrite: 12 }
const MANAGED = {
  modelPicker: {
    options: [{ model: UNKNOWN, label: 'Recorded' }],
    replaceBuiltInOptions: true,
  },
  modelPricing: { overrides: { [UNKNOWN]: PRICE } },
}

const models = ['haiku', 'opus', 'claude-sonnet-4-5', UNKNOWN].map((model): Scenario => ({
  name: `model ${model}`,
  runs: [['hi', '--model', model]],
}))

const efforts = ['low', 'xhigh', 'max'].map((effort): Scenario => ({
  name: `effort ${effort}`,
  runs: [['hi', '--effort', effort]],
}))

export const SCENARIOS: readonly Scenario[] = [
  { name: 'text', runs: [['hi']] },
  {
    name: 'text without hint headers',
    runs: [['hi']],
    env: { CLAUDE_CODE_GATEWAY_HINT_HEADERS: undefined },
  },
  { name: 'tool call', runs: [['run it', ...FREE]], answer: BASH },
  {
    name: 'deferred tool',
    runs: [['find it', ...FREE]],
    answer: calling('ToolSearch', { query: 'select:WebFetch', max_results: 1 }),
  },
  { name: 'no deferred tools', runs: [['hi']], env: { ENABLE_TOOL_SEARCH: 'false' } },
  {
    name: 'sub-agent',
    runs: [['ask an agent', ...FREE]],
    answer: calling('Agent', {
      description: 'x',
      prompt: 'say hi',
      subagent_type: 'general-purpose',
    }),
  },
  {
    name: 'sub-agent in the background',
    runs: [['ask an agent', ...FREE]],
    answer: calling('Agent', {
      description: 'x',
      prompt: 'say hi',
      subagent_type: 'Explore',
      run_in_background: true,
    }),
  },
  {
    name: 'web search',
    runs: [['search', ...FREE]],
    env: { ENABLE_TOOL_SEARCH: 'false' },
    answer: calling('WebSearch', { query: 'otters' }),
  },
  {
    name: 'compaction',
    runs: [['hi'], ['/compact', '--continue'], ['go on', '--continue']],
    answer: ({ headers }) =>
      headers['x-claude-code-request-class'] === 'compaction'
        ? text('<analysis>x</analysis><summary>ok</summary>')
        : undefined,
  },
  { name: 'plan mode', runs: [['plan it', '--permission-mode', 'plan']] },
  {
    name: 'auto mode, checked by the server',
    runs: [['do it', '--permission-mode', 'auto']],
    answer: CHECKED,
    env: { CLAUDE_CODE_AUTO_MODE_SERVER: undefined },
  },
  {
    name: 'auto mode, checked by the client',
    runs: [['do it', '--permission-mode', 'auto', '--model', UNKNOWN]],
    answer: CHECKED,
  },
  {
    name: 'JSON schema',
    runs: [['count', '--json-schema', SCHEMA]],
    answer: calling('StructuredOutput', { n: 1 }),
  },
  {
    name: 'image',
    runs: [['look', ...FREE]],
    files: (folder) => writeFileSync(join(folder, 'a.png'), Buffer.from(PNG, 'base64')),
    answer: (seen) => calling('Read', { file_path: `${workOf(seen)}/a.png` })(seen),
  },
  {
    name: 'PDF',
    runs: [['look', ...FREE]],
    files: (folder) => writeFileSync(join(folder, 'a.pdf'), PDF),
    answer: (seen) => calling('Read', { file_path: `${workOf(seen)}/a.pdf` })(seen),
  },
  ...models,
  ...efforts,
  { name: 'context', runs: [['/context']] },
  {
    name: 'model discovery',
    runs: [['hi']],
    env: { CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1' },
  },
  {
    name: 'message thread',
    runs: [['run it', ...FREE]],
    answer: BASH,
    env: { CLAUDE_CODE_TETHER_LIVE: '1' },
  },
  {
    name: 'managed settings',
    runs: [['hi', '--output-format', 'json', '--model', UNKNOWN]],
    env: { CLAUDE_CODE_MAX_CONTEXT_TOKENS: '128000', DRIFT_SETTINGS: JSON.stringify(MANAGED) },
    result: costs,
  },
  {
    name: 'terminal, with a title',
    runs: [
      {
        // Too short a prompt gets no title.
        typed: 'write a poem about otters',
        until: ({ headers }) => headers['x-claude-1p-request-class'] === 'summary-extraction',
      },
    ],
    env: { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: undefined },
  },
]

/** The folder of the client, as its first message names it. */
function workOf(seen: Seen): string {
  const found = /working directory: ([^\s"\\]+)/i.exec(seen.raw)
  return found?.[1] ?? ''
}

interface Output {
  readonly total_cost_usd?: unknown
  readonly modelUsage?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** What the client makes of the price and the window that it was given. */
function costs(output: string): Readonly<Record<string, unknown>> {
  const { total_cost_usd: usd, modelUsage = {} } = JSON.parse(output) as Output
  const [usage = {}] = Object.values(modelUsage)
  return {
    usd,
    contextWindow: usage['contextWindow'],
    costBasis: usage['costBasis'],
    fields: Object.keys(usage).toSorted().join(),
  }
}
