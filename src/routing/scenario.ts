/** Which scenarios of `Router` a request fits, and why. */
import { reasoningOf } from '../messages/reasoning.ts'
import {
  type Block,
  blocksOf,
  type Content,
  type Message,
  type MessagesRequest,
} from '../messages/request.ts'
import type { Sender } from './tag.ts'

/** What a request is, as far as `Router` has a model for it. */
export const SCENARIOS = ['longContext', 'webSearch', 'background', 'image', 'think'] as const
export type Scenario = (typeof SCENARIOS)[number]

/** What is known of a request besides its body. */
export interface Hints extends Sender {
  /**
   * `x-claude-code-request-class`: main, subagent, workflow, compaction, auxiliary, side_reply;
   * undefined for other clients.
   */
  readonly requestClass?: string | undefined
  /** Estimated input tokens. */
  readonly tokens: number
}

/** What makes a request one of a scenario; undefined when it is not. */
type Test = (request: MessagesRequest, hints: Hints, threshold: number) => string | undefined

const TESTS: Readonly<Record<Scenario, Test>> = {
  longContext: (_, { tokens }, threshold) =>
    tokens > threshold ? `about ${String(tokens)} tokens` : undefined,
  webSearch: (request) =>
    request.tools?.some((tool) => tool.type?.startsWith('web_search')) === true
      ? 'offers a web search'
      : undefined,
  background: backgroundOf,
  image: (request) =>
    newestUserBlocks(request).some(hasImage) ? 'shows the model an image' : undefined,
  think: thinkOf,
}

/** What makes a request one of the scenario; undefined when it is not. `threshold` in tokens. */
export function whyScenario(
  scenario: Scenario,
  request: MessagesRequest,
  hints: Hints,
  threshold: number,
): string | undefined {
  return TESTS[scenario](request, hints, threshold)
}

/** Scenarios that fit a request, in the order in which they are asked, each with what made it fit. */
export function* scenariosOf(
  request: MessagesRequest,
  hints: Hints,
  threshold: number,
): Generator<readonly [Scenario, string]> {
  for (const scenario of SCENARIOS) {
    const why = whyScenario(scenario, request, hints, threshold)
    if (why !== undefined) yield [scenario, why]
  }
}

/**
 * Titles, suggestions, summaries of tool output: the client says so, or asks for a haiku model. A
 * client that was not told to say so (it was not started by `ccr code`) shows a title by its shape.
 */
function backgroundOf(request: MessagesRequest, { requestClass }: Hints): string | undefined {
  if (requestClass === 'auxiliary') return 'auxiliary request'
  if (requestClass === undefined && wantsTitle(request)) return 'wants a title'
  const { model } = request
  return model.includes('claude') && model.includes('haiku') ? 'asks for a haiku model' : undefined
}

/** No tools, and an answer of nothing but a title: what Claude Code asks to name a conversation. */
function wantsTitle(request: MessagesRequest): boolean {
  if (request.tools !== undefined && request.tools.length > 0) return false
  const { format } = (request['output_config'] ?? {}) as { format?: { schema?: Schema } | null }
  return Object.keys(format?.schema?.properties ?? {}).join() === 'title'
}

interface Schema {
  readonly properties?: Readonly<Record<string, unknown>> | null
}

/**
 * Plan mode or an effort above the usual. Adaptive thinking is in every request of today's client
 * and says nothing; `high` is the client's default for models it does not know, hence for every
 * name but those of its vendor.
 */
function thinkOf(request: MessagesRequest): string | undefined {
  if (inPlanMode(request)) return 'plan mode'
  const { mode, effort } = reasoningOf(request)
  if (mode === 'budget') return 'thinking with a budget'
  const usual = request.model.includes('claude') ? ['low', 'medium'] : ['low', 'medium', 'high']
  return effort === undefined || usual.includes(effort) ? undefined : `effort ${effort}`
}

/** How far back the client's reminders of plan mode are looked for; it repeats them often. */
const REMINDED_WITHIN = 40

function inPlanMode(request: MessagesRequest): boolean {
  if (permissionMode(request) === 'plan') return true
  for (const message of request.messages.slice(-REMINDED_WITHIN).reverse()) {
    if (message.role === 'assistant') continue
    const text = textOf(message.content)
    if (/Plan mode (is|still) active/.test(text)) return true
    if (/You have exited plan mode/i.test(text)) return false
  }
  return false
}

/** The client's word where its requests carry the field for the vendor's own safety check. */
function permissionMode(request: MessagesRequest): unknown {
  const safeguards = request['safeguards']
  if (!Array.isArray(safeguards)) return undefined
  const [first] = safeguards as { classifier_context?: { permission_mode?: unknown } }[]
  return first?.classifier_context?.permission_mode
}

function textOf(content: Content): string {
  if (typeof content === 'string') return content
  return content.map((block) => (typeof block['text'] === 'string' ? block['text'] : '')).join('\n')
}

/** What the user and the tools said since the model last spoke. */
function newestUserBlocks({ messages }: MessagesRequest): readonly Block[] {
  const since = messages.findLastIndex((message: Message) => message.role === 'assistant')
  return messages.slice(since + 1).flatMap((message) => blocksOf(message.content))
}

/** Whether a block is or contains an image. The content of tool results is unchecked. */
function hasImage(block: Block | null | undefined): boolean {
  if (block?.type !== 'tool_result') return block?.type === 'image'
  const inner = block['content']
  return Array.isArray(inner) && (inner as (Block | null)[]).some(hasImage)
}
