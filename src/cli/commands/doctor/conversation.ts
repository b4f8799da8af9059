/** A short conversation with a tool call: what Claude Code needs from a model, in two requests. */

/** Posts a body to /v1/messages and returns the JSON of the answer. Throws if the answer is an error. */
export type Ask = (body: object) => Promise<Answered>

export interface Answered {
  readonly content?: readonly AnsweredBlock[]
  readonly stop_reason?: string | null
  readonly usage?: { readonly input_tokens?: number; readonly output_tokens?: number }
}

interface AnsweredBlock {
  readonly type?: string
  readonly id?: string
  readonly name?: string
  readonly input?: unknown
  readonly text?: string
}

/** The result of the conversation. */
export interface ConversationResult {
  /** The model called the tool with the requested input. */
  readonly called: boolean
  /** The model used the result of the tool; false if it did not call the tool. */
  readonly understood: boolean
  /** The provider counted tokens. */
  readonly counted: boolean
}

const WORD = 'otter'
const RESULT = 'blue-47'

const TOOL = {
  name: 'look_up',
  description: 'Gives the code that belongs to a word.',
  input_schema: {
    type: 'object',
    properties: { word: { type: 'string', description: 'The word.' } },
    required: ['word'],
  },
}

const QUESTION = {
  role: 'user',
  content: `Call the tool look_up with the word "${WORD}". Then tell me the code it gave, and nothing else.`,
}

/** Holds the conversation. @param model the model as requests name it. */
export async function converse(ask: Ask, model: string): Promise<ConversationResult> {
  const about = { model, max_tokens: 1024, tools: [TOOL] }
  const first = await ask({ ...about, messages: [QUESTION] })
  const calls = (first.content ?? []).filter(({ type }) => type === 'tool_use')
  const counted = (first.usage?.input_tokens ?? 0) > 0 && (first.usage?.output_tokens ?? 0) > 0
  if (calls.length === 0) return { called: false, understood: false, counted }
  const results = calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: RESULT }))
  const messages = [
    QUESTION,
    { role: 'assistant', content: first.content },
    { role: 'user', content: results },
  ]
  const second = await ask({ ...about, messages })
  const text = (second.content ?? []).map(({ text = '' }) => text).join('')
  return {
    called: JSON.stringify(calls).includes(WORD),
    understood: text.includes(RESULT),
    counted,
  }
}

/** What went wrong, in a few words; '' if nothing did. */
export function shortcomings({ called, understood, counted }: ConversationResult): string {
  return [
    ...(called ? [] : ['did not call the tool it was asked to']),
    ...(called && !understood ? ['did not use the result of the tool'] : []),
    ...(counted ? [] : ['counted no tokens']),
  ].join(', ')
}
