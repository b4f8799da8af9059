/** Chat Completions of a gateway that sends reasoning in details, which include state. */
import { chatRow } from './openai-chat.ts'
import { type Row, sse } from '../row.ts'
import type { UpstreamRequest, UpstreamMessage, ModelAnswer } from '../neutral-form.ts'

const base = chatRow({
  name: 'openrouter',
  model: 'anthropic/claude-sonnet-4.5',
  provider: 'openrouter',
  other: 'Open.Router',
  thoughts: 'state',
  notApplicable: {
    'marks of the prompt cache are not sent to providers that cannot read them':
      'it is Claude that reads them',
  },
})

interface Chunk {
  readonly choices?: readonly { readonly delta?: { readonly reasoning_content?: string } }[]
}

/** Reasoning as OpenRouter sends it: the text, and the same text in details, the last with a signature. */
function frames(answer: ModelAnswer): readonly Uint8Array[] {
  const states = answer.pieces.flatMap((piece) =>
    'thinking' in piece ? [piece.state ?? undefined] : [],
  )
  return base.frames(answer).map((frame) => {
    const json = /^data: (.*)$/m.exec(Buffer.from(frame).toString())?.[1] ?? ''
    const text = json.startsWith('{')
      ? (JSON.parse(json) as Chunk).choices?.[0]?.delta?.reasoning_content
      : undefined
    if (text === undefined) return frame
    const signature = states.shift()
    const detail = { type: 'reasoning.text', text, index: 0, ...(signature ? { signature } : {}) }
    return sse({ choices: [{ index: 0, delta: { reasoning: text, reasoning_details: [detail] } }] })
  })
}

interface Message {
  readonly role: string
  readonly reasoning_details?: readonly { readonly signature?: string }[]
}

interface Body {
  readonly messages: readonly Message[]
  readonly reasoning?: object
  readonly plugins?: readonly { readonly id: string }[]
}

/** What the base reads, with the state of each assistant turn before it. */
function read(body: unknown, path: string): UpstreamRequest {
  const received = base.read(body, path)
  const { messages, reasoning, plugins = [] } = body as Body
  const conversation = messages.flatMap((message): readonly UpstreamMessage[] => {
    const rest = base.read({ model: '', messages: [message] }, path).conversation
    const thoughts = (message.reasoning_details ?? []).map(({ signature }): UpstreamMessage => {
      return { by: 'assistant', thought: signature ?? '' }
    })
    return [...thoughts, ...rest]
  })
  const search = plugins.some(({ id }) => id === 'web')
  return { ...received, conversation, search, reasoning: reasoning !== undefined }
}

export const row: Row = { ...base, frames, read }
