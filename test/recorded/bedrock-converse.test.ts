/** Recorded answers of Bedrock Converse reach the client completely. */
import type Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import { decoder } from '../../src/protocols/bedrock-converse/response.ts'
import { encode } from '../../src/protocols/bedrock-converse/request.ts'
import type { ConverseMessage } from '../../src/protocols/bedrock-converse/types.ts'
import { awsEventFrames } from '../../src/framing/aws-event-stream.ts'
import { decodeSignature } from '../../src/messages/reasoning-signature.ts'
import { parseRequest } from '../../src/messages/request.ts'
import { awsEvent } from '../support/aws-event-stream.ts'
import { decodedEvents, reads, sdkMessage } from '../support/stream.ts'
import { clientRequests, recordedStreams } from './fixtures.ts'
import { RECORDINGS } from '../support/requires.ts'

/** A recorded line: the event's type and its payload. */
type Recorded = Readonly<
  Record<
    string,
    {
      readonly delta?: {
        readonly text?: string
        readonly toolUse?: { readonly input?: string }
        readonly reasoningContent?: { readonly text?: string; readonly signature?: string }
      }
      readonly contentBlockIndex?: number
      readonly stopReason?: string
      readonly usage?: { readonly inputTokens: number; readonly outputTokens: number }
    }
  >
>

/** What a recording says, read as simply as possible and without any of ccr's code. */
function readRecording(events: readonly Recorded[]) {
  const payloads = events.flatMap((event) => Object.values(event))
  const deltas = payloads.map((payload) => payload.delta ?? {})
  const args = new Map<number | undefined, string>()
  for (const { contentBlockIndex, delta } of payloads) {
    const input = delta?.toolUse?.input
    if (input !== undefined) {
      args.set(contentBlockIndex, (args.get(contentBlockIndex) ?? '') + input)
    }
  }
  return {
    text: deltas.map((delta) => delta.text ?? '').join(''),
    thinking: deltas.map((delta) => delta.reasoningContent?.text ?? '').join(''),
    signature: deltas.map((delta) => delta.reasoningContent?.signature ?? '').join(''),
    args: [...args.values()].map((text) => JSON.parse(text) as unknown),
    stop: payloads.flatMap((payload) => payload.stopReason ?? [])[0],
    usage: payloads.flatMap((payload) => payload.usage ?? [])[0],
  }
}

function bytesOf(payloads: readonly string[]): Buffer {
  return Buffer.concat(
    payloads.flatMap((line) =>
      Object.entries(JSON.parse(line) as Recorded).map(([type, payload]) =>
        awsEvent(type, payload),
      ),
    ),
  )
}

async function decoded(bytes: Buffer, split: number): Promise<Anthropic.Message> {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += split) pieces.push(bytes.subarray(at, at + split))
  return sdkMessage(await decodedEvents(decoder, awsEventFrames(reads(...pieces))))
}

describe('recorded ConverseStreams', RECORDINGS, () => {
  for (const [name, payloads] of recordedStreams('bedrock-converse')) {
    const truth = readRecording(payloads.map((line) => JSON.parse(line) as Recorded))

    it.each([1, 7, 1000, Infinity])(`${name}, read in pieces of %d bytes`, async (split) => {
      const { content, usage, stop_reason: stop } = await decoded(bytesOf(payloads), split)
      const thinking = content.filter((block) => block.type === 'thinking')
      expect(content.map((b) => (b.type === 'text' ? b.text : '')).join('')).toBe(truth.text)
      expect(thinking.map((block) => block.thinking).join('')).toBe(truth.thinking)
      expect(decodeSignature(thinking[0]?.signature)?.payload ?? '').toContain(truth.signature)
      expect(content.flatMap((b) => (b.type === 'tool_use' ? [b.input] : []))).toEqual(truth.args)
      expect(usage).toMatchObject({
        input_tokens: truth.usage?.inputTokens,
        output_tokens: truth.usage?.outputTokens,
      })
      expect(stop).toBe(truth.stop)
    })

    it(`${name}, cut before its end, is an error`, async () => {
      const half = payloads.slice(0, Math.floor(payloads.length / 2))
      await expect(decoded(bytesOf(half), Infinity)).rejects.toMatchObject({ kind: 'api_error' })
      await expect(decoded(bytesOf(payloads).subarray(0, -1), Infinity)).rejects.toMatchObject({
        kind: 'api_error',
      })
    })
  }
})

describe('requests of the real client', RECORDINGS, () => {
  for (const [name, body] of clientRequests()) {
    it(`${name} becomes a Converse request in legal order, with everything the model must know`, () => {
      const request = parseRequest(body)
      const target = { provider: 'p', model: 'anthropic.claude-sonnet-4-6' }
      const { messages, toolConfig } = encode(request, target).body as {
        messages: ConverseMessage[]
        toolConfig?: { tools: { toolSpec: { name: string } }[] }
      }
      const text = JSON.stringify(messages)
      if (JSON.stringify(request.messages).includes('Primary working directory')) {
        expect(text).toContain('Primary working directory')
      }
      expect(text).not.toContain('x-anthropic-billing-header')
      expect(text).not.toContain('cache_control')
      expect(JSON.stringify(toolConfig ?? {})).not.toContain('DeferredToolPlaceholder')
      expect(messages[0]?.role).toBe('user')
      let called: string[] = []
      for (const [index, message] of messages.entries()) {
        expect(message.role).not.toBe(messages[index - 1]?.role)
        expect(message.content.length).toBeGreaterThan(0)
        const results = message.content.flatMap((block) =>
          'toolResult' in block ? [block.toolResult.toolUseId] : [],
        )
        expect(results.sort()).toEqual(called.sort())
        called = message.content.flatMap((block) =>
          'toolUse' in block ? [block.toolUse.toolUseId] : [],
        )
      }
      if (text.includes('"toolUse"')) expect(toolConfig).toBeDefined()
    })
  }
})
