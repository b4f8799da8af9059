/**
 * Random frames, legal and damaged, through a format's decoder: whatever comes, the events stay
 * legal, it ends, and what fails fails with a GatewayError.
 */
import type { Protocol } from '../../../src/protocols/protocol.ts'
import { awsEventFrames } from '../../../src/framing/aws-event-stream.ts'
import { sseFrames } from '../../../src/framing/sse.ts'
import { decode } from '../../../src/gateway/attempt/stream-decoder.ts'
import { GatewayError } from '../../../src/messages/error.ts'
import type { Frame, StreamEvent } from '../../../src/messages/events.ts'
import { providerOf } from '../../../src/providers/configured/provider.ts'
import { protocolOf } from '../../support/protocol.ts'
import { reads, testWriter } from '../../support/stream.ts'
import type { Row } from '../row.ts'
import { itemsOf, type ModelAnswer } from '../neutral-form.ts'
import { damaged } from './damage.ts'
import { Judge } from './legal.ts'
import type { Random } from './random.ts'
import { randomAnswer } from './random-answer.ts'

/** A whole answer to begin with. */
export interface Seedling {
  readonly answer: ModelAnswer
  readonly frames: readonly Frame[]
  readonly bytes: Buffer
}

export interface Content {
  readonly text: string
  readonly calls: readonly string[]
}

/** How a case ended: a whole message, or an error. */
export type End = Content | 'error'

/** The format that a row is translated by; undefined where bytes pass through. */
export function formatOf(row: Row): Protocol | undefined {
  const entry = {
    apiKey: 'k',
    models: [row.model],
    missing: [],
    ...row.provider('http://127.0.0.1:1'),
  }
  return protocolOf(providerOf(entry).to(row.model))
}

export async function seedlings(row: Row, count: number, random: Random): Promise<Seedling[]> {
  const list: Seedling[] = []
  for (let n = 0; n < count; n += 1) {
    const answer = randomAnswer(random)
    const bytes = Buffer.concat(row.frames(answer))
    const frames: Frame[] = []
    for await (const batch of framesOf(row, reads(bytes))) frames.push(...batch)
    list.push({ answer, frames, bytes })
  }
  return list
}

function framesOf(row: Row, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Frame[]> {
  return row.type.includes('amazon') ? awsEventFrames(bytes) : sseFrames(bytes)
}

/**
 * Plays an answer whose bytes are cut anywhere, and, one time in two, damaged.
 * @returns how it ended, and whether the bytes were left as they are.
 * @throws whatever must not happen.
 */
export async function runBytes(
  row: Row,
  format: Protocol,
  whole: Buffer,
  random: Random,
): Promise<{ readonly end: End; readonly intact: boolean }> {
  const intact = random.once(2) || whole.length === 0
  const bytes = intact ? whole : Buffer.from(whole)
  if (!intact) bytes[random.below(bytes.length)] = random.below(256)
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += chunks.at(-1)!.length) {
    chunks.push(bytes.subarray(at, at + 1 + random.below(random.of([3, 40, 4000]))))
  }
  const writer = testWriter({ takenToolIds: ['call_1'] })
  const decoder = format.decoder(writer, { provider: 'p', model: 'm' })
  const judge = new Judge()
  const events: StreamEvent[] = []
  try {
    for await (const batch of decode(framesOf(row, reads(...chunks)), decoder, writer)) {
      for (const event of batch) judge.judge(event)
      events.push(...batch)
    }
  } catch (thrown) {
    if (!(thrown instanceof GatewayError) || judge.isWhole) throw thrown
    return { end: 'error', intact }
  }
  if (!judge.isWhole) throw new Error('neither whole nor an error')
  return { end: contentOf(events), intact }
}

/**
 * Plays one case.
 * @throws whatever must not happen.
 */
export function runCase(format: Protocol, frames: readonly Frame[], random: Random): End {
  const writer = testWriter({ takenToolIds: ['call_1'] })
  const decoder = format.decoder(writer, { provider: 'p', model: 'm' })
  const judge = new Judge()
  const events: StreamEvent[] = []
  const tell = (): void => {
    for (const event of writer.take()) {
      judge.judge(event)
      events.push(event)
    }
  }
  try {
    for (const frame of frames) {
      if (decoder.isDone()) break
      decoder.push(frame)
      if (random.once(2)) tell()
    }
    decoder.end()
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown
    tell()
    if (judge.isWhole) throw new Error('an error after a whole message', { cause: thrown })
    return 'error'
  }
  tell()
  if (!judge.isWhole) throw new Error('neither whole nor an error')
  return contentOf(events)
}

/** The text of an answer, and its calls; a wire that sends these whole orders them by their ends. */
function contentOf(events: readonly StreamEvent[]): Content {
  let text = ''
  const calls: { name: string; args: string }[] = []
  for (const event of events) {
    if (event.type === 'content_block_start' && event.content_block.type === 'tool_use') {
      calls.push({ name: event.content_block.name, args: '' })
    }
    if (event.type !== 'content_block_delta') continue
    if (event.delta.type === 'text_delta') text += event.delta.text
    if (event.delta.type === 'input_json_delta') calls.at(-1)!.args += event.delta.partial_json
  }
  return { text, calls: calls.map(({ name, args }) => callLine(name, args)).sort() }
}

/** The text and calls of a model's answer, in the same form. */
export function contentOfAnswer({ pieces }: ModelAnswer): Content {
  const items = itemsOf(pieces)
  return {
    text: items.flatMap((item) => (item.kind === 'text' ? item.pieces : [])).join(''),
    calls: items
      .flatMap((item) => (item.kind === 'call' ? [callLine(item.call.name, item.call.args)] : []))
      .sort(),
  }
}

function callLine(name: string, args: string): string {
  return `${name} ${args === '' ? '{}' : args}`
}

/** The next case of a format: one in eight is left as it is. */
export function nextFrames(
  all: readonly Seedling[],
  random: Random,
): { readonly frames: readonly Frame[]; readonly legal: ModelAnswer | undefined } {
  const { answer, frames } = random.of(all)
  if (random.once(8)) return { frames, legal: answer }
  return { frames: damaged(frames, random.of(all).frames, random), legal: undefined }
}
