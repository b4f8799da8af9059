/** Recorded answers of Chat Completions reach the client completely. */
import { describe, expect, it } from 'vitest'
import { bodyText } from '../support/body.ts'
import { createStreamInspector } from '../../src/protocols/anthropic/stream-inspector.ts'
import { patched } from '../../src/protocols/anthropic/request.ts'
import { encode } from '../../src/protocols/openai-chat/request.ts'
import type {
  ChatMessage,
  Chunk,
  ContentPart,
  Delta,
} from '../../src/protocols/openai-chat/types.ts'
import { parseRequest } from '../../src/messages/request.ts'
import { COMPATIBLE } from '../../src/providers/definition.ts'
import { chatEvents, reads, sdkMessage } from '../support/stream.ts'
import { clientRequests, recordedBodies, recordedStreams } from './fixtures.ts'
import { RECORDINGS } from '../support/requires.ts'

/** What a recording says, read as simply as possible and without any of ccr's code. */
function readRecording(chunks: readonly Chunk[]) {
  let text = ''
  let thinking = ''
  const args = new Map<number, string>()
  let prompt = 0
  for (const chunk of chunks) {
    prompt = chunk.usage?.prompt_tokens ?? prompt
    const delta: Delta = chunk.choices?.[0]?.delta ?? chunk.choices?.[0]?.message ?? {}
    const parts = typeof delta.content === 'string' ? [{ text: delta.content }] : delta.content
    for (const part of parts ?? []) {
      text += part.text ?? ''
      thinking += thoughts(part)
    }
    thinking += delta.reasoning_content ?? ''
    for (const [position, call] of (delta.tool_calls ?? []).entries()) {
      const index = call.index ?? position
      const piece = call.function?.arguments
      args.set(index, (args.get(index) ?? '') + (typeof piece === 'string' ? piece : ''))
    }
  }
  return { text, thinking, args: [...args.values()], prompt }
}

function thoughts(part: ContentPart): string {
  return typeof part.thinking === 'object' ? part.thinking.map((t) => t.text ?? '').join('') : ''
}

async function compare(body: string, chunks: readonly Chunk[], split: number): Promise<void> {
  const bytes = new TextEncoder().encode(body)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += split) pieces.push(bytes.subarray(at, at + split))
  const message = await sdkMessage(await chatEvents(reads(...pieces)))
  const truth = readRecording(chunks)
  const blocks = message.content
  expect(blocks.map((b) => (b.type === 'text' ? b.text : '')).join('')).toBe(truth.text)
  expect(blocks.map((b) => (b.type === 'thinking' ? b.thinking : '')).join('')).toBe(truth.thinking)
  const inputs = blocks.filter((b) => b.type === 'tool_use').map((b) => b.input)
  expect(inputs).toEqual(truth.args.map((text) => JSON.parse(text || '{}') as unknown))
  const { usage } = message
  expect(usage.input_tokens + (usage.cache_read_input_tokens ?? 0)).toBe(truth.prompt)
  expect(usage.output_tokens).toBeGreaterThan(0)
  if (inputs.length > 0) expect(message.stop_reason).toBe('tool_use')
}

describe('recorded Chat Completions', RECORDINGS, () => {
  for (const [name, payloads] of recordedStreams('openai-chat')) {
    const chunks = payloads.map((payload) => JSON.parse(payload) as Chunk)
    const body = `${payloads.map((payload) => `data: ${payload}\n\n`).join('')}data: [DONE]\n\n`
    it.each([1, 7, 1000, Infinity])(`${name}, read in pieces of %d bytes`, async (split) => {
      await compare(body, chunks, split)
    })
    it(`${name}, cut before its end, is an error`, async () => {
      const half = payloads.slice(0, Math.floor(payloads.length / 2))
      if (half.some((payload) => /"finish_reason":"\w/.test(payload))) return
      const cut = half.map((payload) => `data: ${payload}\n\n`).join('')
      await expect(chatEvents(reads(cut))).rejects.toMatchObject({ kind: 'api_error' })
    })
  }

  for (const [name, body] of recordedBodies('openai-chat')) {
    const chunk = JSON.parse(body) as Chunk
    it(`${name}, not streamed`, async () => {
      const line = `data: ${JSON.stringify(chunk)}\n\n`
      if (chunk.error) {
        await expect(chatEvents(reads(line))).rejects.toMatchObject({
          kind: 'invalid_request_error',
        })
      } else await compare(line, [chunk], Infinity)
    })
  }
})

describe('recorded Anthropic streams', RECORDINGS, () => {
  for (const [name, payloads] of recordedStreams('anthropic')) {
    it(`${name} passes through byte for byte`, () => {
      const body = payloads
        .map(
          (payload) =>
            `event: ${(JSON.parse(payload) as { type: string }).type}\ndata: ${payload}\n\n`,
        )
        .join('')
      const tap = createStreamInspector('p')
      let out = ''
      for (const byte of Buffer.from(body))
        out += (tap.push(Buffer.of(byte)) as Buffer | undefined)?.toString('latin1') ?? ''
      expect(Buffer.from(out, 'latin1').toString('utf8')).toBe(body)
      expect(() => tap.end()).not.toThrow()
      expect(tap.usage()?.output_tokens).toBeGreaterThan(0)
    })
  }
})

describe('requests of the real client', RECORDINGS, () => {
  for (const [name, body] of clientRequests()) {
    const request = parseRequest(body)

    it(`${name} becomes Chat Completions in legal order, with everything the model must know`, () => {
      const { body: chat } = encode(request, { provider: 'p', model: 'm' }, COMPATIBLE)
      const { messages, tools = [] } = chat as {
        messages: ChatMessage[]
        tools?: { function: { name: string } }[]
      }
      const text = JSON.stringify(messages)
      const spoken = JSON.stringify(request.messages)
      if (spoken.includes('Primary working directory'))
        expect(text).toContain('Primary working directory')
      expect(text).not.toContain('x-anthropic-billing-header')
      expect(text).not.toContain('cache_control')
      expect(tools.map((tool) => tool.function.name)).not.toContain('DeferredToolPlaceholder')
      let open: string[] = []
      for (const message of messages) {
        if (message.role === 'tool') {
          expect(open).toContain(message.tool_call_id)
          open = open.filter((id) => id !== message.tool_call_id)
        } else {
          expect(open).toEqual([])
          if (message.role === 'assistant') open = (message.tool_calls ?? []).map((call) => call.id)
        }
      }
    })

    it(`${name} passes through with only its model replaced`, () => {
      const sent = bodyText(patched({ bytes: Buffer.from(body), request }, 'other').body)
      expect(JSON.parse(sent)).toEqual({ ...request, model: 'other' })
      expect(sent.length - body.length).toBe('other'.length - request.model.length)
    })
  }
})
