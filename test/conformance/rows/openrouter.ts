/** Chat Completions of a gateway whose reasoning comes in details, with state in them. */
import { chatRow } from './openai-chat.ts'
import { type Row, sse } from '../row.ts'
import type { Heard, Said, Spoken } from '../words.ts'

const base = chatRow({
  name: 'openrouter',
  model: 'anthropic/claude-sonnet-4.5',
  provider: 'openrouter',
  other: 'Open.Router',
  thoughts: 'state',
  not: {
    'marks of the prompt cache do not go to who cannot read them': 'it is Claude that reads them',
  },
})

interface Chunk {
  readonly choices?: readonly { readonly delta?: { readonly reasoning_content?: string } }[]
}

/** Reasoning as OpenRouter tells it: the text, and the same in details, at last with a signature. */
function frames(spoken: Spoken): readonly Uint8Array[] {
  const states = spoken.pieces.flatMap((piece) =>
    'thinking' in piece ? [piece.state ?? undefined] : [],
  )
  return base.frames(spoken).map((frame) => {
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
function read(body: unknown, path: string): Heard {
  const heard = base.read(body, path)
  const { messages, reasoning, plugins = [] } = body as Body
  const said = messages.flatMap((message): readonly Said[] => {
    const own = base.read({ model: '', messages: [message] }, path).said
    const thoughts = (message.reasoning_details ?? []).map(({ signature }): Said => {
      return { by: 'assistant', thought: signature ?? '' }
    })
    return [...thoughts, ...own]
  })
  const search = plugins.some(({ id }) => id === 'web')
  return { ...heard, said, search, reasoning: reasoning !== undefined }
}

export const row: Row = { ...base, frames, read }
