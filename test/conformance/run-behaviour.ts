/** Runs one behaviour on one protocol: one cell of the conformance table. */
import assert from 'node:assert/strict'
import type Anthropic from '@anthropic-ai/sdk'
import { Stream } from '@anthropic-ai/sdk/streaming'
import type { StreamEvent } from '../../src/messages/events.ts'
import { sdkMessage } from '../support/stream.ts'
import { type Behaviour, type Exchange, FINE, QUESTION } from './behaviour.ts'
import type { Row } from './row.ts'
import { type RequestBody, openHarness, type Script, type Harness } from './harness.ts'
import { type ModelAnswer, transcript } from './neutral-form.ts'

/** Time limit for a cell, ms; only a hang takes this long. */
const TIME_LIMIT_MS = 60_000

const USAGE = { input: 9, cached: 0, output: 3, reasoning: 0 }

/** @throws AssertionError if the behaviour does not hold, or any other error of the run. */
export async function runBehaviour(behaviour: Behaviour, row: Row): Promise<void> {
  const harness = await openHarness(row, behaviour.pingAfterMs)
  const late = new AbortController()
  try {
    await Promise.race([runThreeWays(behaviour, harness), timeLimit(late.signal)])
  } finally {
    late.abort()
    await harness.close()
  }
}

function timeLimit(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no end after ${String(TIME_LIMIT_MS / 1000)} s`)),
      TIME_LIMIT_MS,
    )
    signal.addEventListener('abort', () => clearTimeout(timer))
  })
}

/** Runs streamed, streamed in small writes and not streamed: the client must get the same each time. */
async function runThreeWays(behaviour: Behaviour, harness: Harness): Promise<void> {
  if (behaviour.run) return behaviour.run(harness)
  const asks = { ...QUESTION, ...behaviour.request }
  const answer = { usage: USAGE, ...(behaviour.answer ?? FINE) }
  harness.script(scriptFor(harness.row, answer), scriptFor(harness.row, answer, 11))
  const streamed = await exchange(harness, { ...asks, stream: true })
  const split = await exchange(harness, { ...asks, stream: true })
  const collected = await exchange(harness, { ...asks, stream: false })
  for (const exchange of [streamed, split, collected])
    checkExchange(behaviour, exchange, harness.row)
  assert.deepEqual(
    outline(split.message),
    outline(streamed.message),
    'another answer in small writes',
  )
  assert.deepEqual(
    outline(collected.message),
    outline(streamed.message),
    'another answer when not streamed',
  )
}

function checkExchange(behaviour: Behaviour, exchange: Exchange, row: Row): void {
  const { message, seen } = exchange
  if (behaviour.content) assert.deepEqual(contentLines(message), behaviour.content)
  if (behaviour.stopReason) assert.equal(message.stop_reason, behaviour.stopReason)
  if (behaviour.conversation)
    assert.deepEqual(transcript(seen.request.conversation), behaviour.conversation)
  assert.equal(seen.request.model, row.model)
  assert.equal(seen.path, exchange.streamed ? row.path : (row.wholePath ?? row.path))
  behaviour.check?.(exchange, row)
}

/** The script for this answer; a provider of which no stream is requested sends a document. */
export function scriptFor(
  row: Row,
  answer: ModelAnswer,
  size?: number,
): (requestBody: RequestBody) => Script {
  return (requestBody) => {
    if (row.passesThrough && requestBody['stream'] !== true) return documentScript(row, answer)
    const frames = row.frames(answer)
    return { writes: size === undefined ? frames : pieces(Buffer.concat(frames), size) }
  }
}

export function documentScript(row: Row, answer: ModelAnswer): Script {
  return { type: 'application/json', writes: [JSON.stringify(row.whole(answer))] }
}

function pieces(bytes: Buffer, least: number): readonly Uint8Array[] {
  const size = Math.max(least, Math.ceil(bytes.length / 300))
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, n) => bytes.subarray(n * size, (n + 1) * size))
}

/** Sends a request and reads the whole answer as the official SDK does. */
export async function exchange(
  harness: Harness,
  asks: RequestBody,
  nth = harness.count,
): Promise<Exchange> {
  const response = await harness.post(asks)
  if (response.status !== 200) {
    assert.fail(`HTTP ${String(response.status)}: ${await response.text()}`)
  }
  const message =
    asks['stream'] === true
      ? await streamedMessage(response)
      : ((await response.json()) as Anthropic.Message)
  const dropped = response.headers.get('x-ccr-dropped')?.split(', ') ?? []
  return { message, dropped, seen: await harness.seen(nth), streamed: asks['stream'] === true }
}

/** The message of an event stream, as the SDK reads it; `sdkMessage` also checks the order of events. */
export async function streamedMessage(response: Response): Promise<Anthropic.Message> {
  const events: StreamEvent[] = []
  const stream = Stream.fromSSEResponse<StreamEvent>(response, new AbortController())
  for await (const event of stream) events.push(event)
  return sdkMessage(events.filter((event) => event.type !== 'ping'))
}

/** The content of a message as lines. */
export function contentLines({ content }: Anthropic.Message): readonly string[] {
  return content.map((block) => {
    switch (block.type) {
      case 'text':
        return `text: ${block.text}`
      case 'thinking':
        return `thinking: ${block.thinking}`
      case 'tool_use':
        return `call ${block.name} ${JSON.stringify(block.input)}`
      default:
        return block.type
    }
  })
}

/** What must be equal in two answers to the same request. */
function outline(message: Anthropic.Message): unknown {
  const { stop_reason: stop, usage } = message
  return {
    shows: contentLines(message),
    stop,
    input: usage.input_tokens,
    cached: usage.cache_read_input_tokens,
    output: usage.output_tokens,
  }
}
