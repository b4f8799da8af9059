/** Plays a behaviour on a format; what does not hold is an AssertionError. */
import assert from 'node:assert/strict'
import type Anthropic from '@anthropic-ai/sdk'
import { Stream } from '@anthropic-ai/sdk/streaming'
import type { StreamEvent } from '../../src/messages/events.ts'
import { sdkMessage } from '../support/stream.ts'
import { type Behaviour, type Exchange, FINE, QUESTION } from './behaviour.ts'
import type { Row } from './row.ts'
import { type Asked, openStage, type Script, type Stage } from './stage.ts'
import { type Spoken, transcript } from './words.ts'

/** Longest that a cell may take, ms; only a hang takes as long. */
const PATIENCE_MS = 60_000

const USAGE = { input: 9, cached: 0, output: 3, reasoning: 0 }

/** @throws AssertionError, or whatever else goes wrong. */
export async function play(behaviour: Behaviour, row: Row): Promise<void> {
  const stage = await openStage(row, behaviour.pingAfterMs)
  const late = new AbortController()
  try {
    await Promise.race([acted(behaviour, stage), tooLate(late.signal)])
  } finally {
    late.abort()
    await stage.close()
  }
}

function tooLate(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no end after ${String(PATIENCE_MS / 1000)} s`)),
      PATIENCE_MS,
    )
    signal.addEventListener('abort', () => clearTimeout(timer))
  })
}

/** Streamed, streamed in small writes, and collected: the client gets the same each time. */
async function acted(behaviour: Behaviour, stage: Stage): Promise<void> {
  if (behaviour.live) return behaviour.live(stage)
  const asks = { ...QUESTION, ...behaviour.asks }
  const spoken = { usage: USAGE, ...(behaviour.says ?? FINE) }
  stage.script(answering(stage.row, spoken), answering(stage.row, spoken, 11))
  const streamed = await exchanged(stage, { ...asks, stream: true })
  const split = await exchanged(stage, { ...asks, stream: true })
  const collected = await exchanged(stage, { ...asks, stream: false })
  for (const exchange of [streamed, split, collected]) judge(behaviour, exchange, stage.row)
  assert.deepEqual(
    outline(split.message),
    outline(streamed.message),
    'another answer when re-split',
  )
  assert.deepEqual(
    outline(collected.message),
    outline(streamed.message),
    'another answer unstreamed',
  )
}

function judge(behaviour: Behaviour, exchange: Exchange, row: Row): void {
  const { message, seen } = exchange
  if (behaviour.shows) assert.deepEqual(shown(message), behaviour.shows)
  if (behaviour.stops) assert.equal(message.stop_reason, behaviour.stops)
  if (behaviour.hears) assert.deepEqual(transcript(seen.heard.said), behaviour.hears)
  assert.equal(seen.heard.model, row.model)
  assert.equal(seen.path, exchange.streamed ? row.path : (row.wholePath ?? row.path))
  behaviour.check?.(exchange, row)
}

/** The script that says this; a provider that is asked for no stream answers with a document. */
export function answering(row: Row, spoken: Spoken, size?: number): (asked: Asked) => Script {
  return (asked) => {
    if (row.passesThrough && asked['stream'] !== true) return documentOf(row, spoken)
    const frames = row.frames(spoken)
    return { writes: size === undefined ? frames : pieces(Buffer.concat(frames), size) }
  }
}

export function documentOf(row: Row, spoken: Spoken): Script {
  return { type: 'application/json', writes: [JSON.stringify(row.whole(spoken))] }
}

function pieces(bytes: Buffer, least: number): readonly Uint8Array[] {
  const size = Math.max(least, Math.ceil(bytes.length / 300))
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, n) => bytes.subarray(n * size, (n + 1) * size))
}

/** Asks and reads the whole answer as the official SDK does. */
export async function exchanged(stage: Stage, asks: Asked, nth = stage.count): Promise<Exchange> {
  const response = await stage.post(asks)
  if (response.status !== 200) {
    assert.fail(`HTTP ${String(response.status)}: ${await response.text()}`)
  }
  const message =
    asks['stream'] === true
      ? await streamedMessage(response)
      : ((await response.json()) as Anthropic.Message)
  const dropped = response.headers.get('x-ccr-dropped')?.split(', ') ?? []
  return { message, dropped, seen: await stage.seen(nth), streamed: asks['stream'] === true }
}

/** The message of an event stream: read by the SDK, and legal by a stricter judge. */
export async function streamedMessage(response: Response): Promise<Anthropic.Message> {
  const events: StreamEvent[] = []
  const stream = Stream.fromSSEResponse<StreamEvent>(response, new AbortController())
  for await (const event of stream) events.push(event)
  return sdkMessage(events.filter((event) => event.type !== 'ping'))
}

/** A message as lines. */
export function shown({ content }: Anthropic.Message): readonly string[] {
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

/** What two tellings of one answer have in common. */
function outline(message: Anthropic.Message): unknown {
  const { stop_reason: stop, usage } = message
  return {
    shows: shown(message),
    stop,
    input: usage.input_tokens,
    cached: usage.cache_read_input_tokens,
    output: usage.output_tokens,
  }
}
