/** Recorded answers of Gemini reach the client completely. */
import { describe, expect, it } from 'vitest'
import type { Chunk } from '../../src/protocols/gemini/types.ts'
import { decoder } from '../../src/protocols/gemini/response.ts'
import { sseFrames } from '../../src/framing/sse.ts'
import { upstreamError } from '../../src/messages/upstream-error.ts'
import { parseRequest } from '../../src/messages/request.ts'
import { geminiBody, geminiEvents, NEWER, OLDER } from '../support/gemini.ts'
import { decodedEvents, reads, sdkMessage } from '../support/stream.ts'
import type { StreamEvent } from '../../src/messages/events.ts'
import { clientRequests, recordedBodies, recordedStreams } from './fixtures.ts'
import { RECORDINGS } from '../support/requires.ts'

/** What a recording says, read as simply as possible and without any of ccr's code. */
function readRecording(chunks: readonly Chunk[]) {
  let text = ''
  let tokens: Chunk['usageMetadata'] = {}
  const calls: { name: string; input: Record<string, unknown> }[] = []
  for (const chunk of chunks) {
    tokens = chunk.usageMetadata ?? tokens
    for (const part of chunk.candidates?.[0]?.content?.parts ?? []) {
      if (part.thought !== true) text += part.text ?? ''
      const call = part.functionCall
      if (call?.name) calls.push({ name: call.name, input: { ...(call.args as object) } })
      for (const piece of call?.partialArgs ?? []) {
        // The recordings have strings at the top level only.
        const input = calls.at(-1)?.input ?? {}
        const key = piece.jsonPath?.replace('$.', '') ?? ''
        const before = input[key]
        input[key] = `${typeof before === 'string' ? before : ''}${piece.stringValue ?? ''}`
      }
    }
  }
  return {
    text,
    calls,
    prompt: tokens.promptTokenCount ?? 0,
    output: (tokens.candidatesTokenCount ?? 0) + (tokens.thoughtsTokenCount ?? 0),
  }
}

async function compare(events: readonly StreamEvent[], chunks: readonly Chunk[]): Promise<void> {
  const message = await sdkMessage(events)
  const truth = readRecording(chunks)
  const { content, usage } = message
  expect(content.map((block) => (block.type === 'text' ? block.text : '')).join('')).toBe(
    truth.text,
  )
  const calls = content.flatMap((block) =>
    block.type === 'tool_use' ? [{ name: block.name, input: block.input }] : [],
  )
  expect(calls).toEqual(truth.calls)
  expect(usage.input_tokens + (usage.cache_read_input_tokens ?? 0)).toBe(truth.prompt)
  expect(usage.output_tokens).toBe(truth.output)
  expect(message.stop_reason).toBe(calls.length > 0 ? 'tool_use' : 'end_turn')
  expect(content.at(-1)?.type).not.toBe('thinking')
}

describe('recorded Gemini', RECORDINGS, () => {
  for (const [name, payloads] of recordedStreams('gemini')) {
    const chunks = payloads.map((payload) => JSON.parse(payload) as Chunk)
    const body = new TextEncoder().encode(payloads.map((p) => `data: ${p}\r\n\r\n`).join(''))

    it.each([1, 7, 1000, Infinity])(`${name}, read in pieces of %d bytes`, async (split) => {
      const pieces: Uint8Array[] = []
      for (let at = 0; at < body.length; at += split) pieces.push(body.subarray(at, at + split))
      await compare(await geminiEvents(reads(...pieces)), chunks)
    })

    it(`${name}, as one list`, async () => {
      const frames = sseFrames(reads(`[${payloads.join(',')}]`))
      await compare(await decodedEvents(decoder, frames), chunks)
    })

    it(`${name}, cut before its end, is an error`, async () => {
      for (let count = 0; count < payloads.length; count += 1) {
        const cut = payloads.slice(0, count).map((payload) => `data: ${payload}\n\n`)
        await expect(geminiEvents(reads(cut.join('')))).rejects.toMatchObject({
          kind: 'api_error',
          status: 502,
        })
      }
    })

    it(`${name}: the signature of a call goes back on that call`, async () => {
      const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? [])
      const signed = parts.filter((part) => part.functionCall && part.thoughtSignature)
      const { content } = await sdkMessage(await geminiEvents(reads(body)))
      const messages = [
        { role: 'user', content: 'q' },
        { role: 'assistant', content: content as never },
      ]
      const sent = geminiBody({ messages }, 'm').contents[1]?.parts ?? []
      const back = sent.flatMap((part) =>
        'functionCall' in part && part.thoughtSignature ? [part.thoughtSignature] : [],
      )
      expect(back).toEqual(signed.map((part) => part.thoughtSignature))
    })
  }

  for (const [name, body] of recordedBodies('gemini')) {
    const chunk = JSON.parse(body) as Chunk
    it(`${name}, not streamed`, async () => {
      if (chunk.error) {
        const fault = upstreamError(chunk, { provider: 'p', status: 429 })
        expect(fault).toMatchObject({ kind: 'rate_limit_error', status: 429 })
        expect(fault.headers()).toEqual({ 'retry-after': '35' })
      } else await compare(await decodedEvents(decoder, sseFrames(reads(body))), [chunk])
    })
  }
})

describe('requests of the real client to Gemini', RECORDINGS, () => {
  for (const [name, body] of clientRequests()) {
    const request = parseRequest(body)

    it.each([OLDER, NEWER])(`${name} becomes a legal body for %s`, (model) => {
      const { contents, generationConfig } = geminiBody(request, model)
      const text = JSON.stringify(contents)
      if (JSON.stringify(request.messages).includes('Primary working directory'))
        expect(text).toContain('Primary working directory')
      expect(text).not.toContain('x-anthropic-billing-header')
      expect(text).not.toContain('cache_control')
      expect(Number(generationConfig['maxOutputTokens'])).toBeLessThanOrEqual(65_536)
      let calls: string[] = []
      contents.forEach(({ role, parts }, at) => {
        expect(role).toBe(at % 2 === 0 ? 'user' : 'model')
        expect(parts.length).toBeGreaterThan(0)
        for (const part of parts) expect(Object.keys(part).length).toBeGreaterThan(0)
        const answered = parts.flatMap((part) =>
          'functionResponse' in part ? [part.functionResponse.name] : [],
        )
        expect(answered).toEqual(calls)
        calls = parts.flatMap((part) => ('functionCall' in part ? [part.functionCall.name] : []))
      })
      expect(calls).toEqual([])
    })
  }
})
