/** Damages frames as a network or a careless server may. */
import type { Frame } from '../../../src/messages/events.ts'
import type { Random } from './random.ts'

const JUNK: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e300,
  'x',
  '',
  [],
  {},
  [null],
  [[]],
  ['x'],
  { x: { y: 1 } },
  [{}],
]

const JUNK_DATA: readonly string[] = [
  '',
  '{',
  'null',
  '7',
  '"text"',
  '[]',
  '{}',
  '[DONE]',
  'not json',
  '{"error":null}',
  '{"error":"it broke"}',
  '{"error":{"message":"slow down","code":429}}',
  '{"__proto__":{"x":1},"constructor":"x","toString":1}',
  '{"choices":[{}],"candidates":[{}]}',
]

const EVENTS = ['', 'error', 'exception', 'message_stop', 'contentBlockDelta', 'constructor']

type Damage = (frames: Frame[], random: Random, other: readonly Frame[]) => void

const DAMAGES: readonly Damage[] = [
  (frames, random) => void frames.splice(random.below(frames.length), 1),
  (frames, random) => void frames.splice(random.below(frames.length)),
  (frames, random) => {
    const at = random.below(frames.length)
    frames.splice(at, 0, frames[at]!)
  },
  (frames, random) => {
    const [a, b] = [random.below(frames.length), random.below(frames.length)]
    ;[frames[a], frames[b]] = [frames[b]!, frames[a]!]
  },
  (frames, random, other) =>
    void frames.splice(random.below(frames.length), 0, ...other.slice(random.below(4))),
  (frames, random, other) => {
    if (other.length > 0) frames.splice(random.below(frames.length), 0, random.of(other))
  },
  (frames, random) => {
    const junk = { event: random.of(EVENTS), data: random.of(JUNK_DATA) }
    frames.splice(random.below(frames.length), 0, junk)
  },
  (frames, random) => {
    change(frames, random, ({ event, data }) => ({
      event,
      data: data.slice(0, random.below(data.length + 1)),
    }))
  },
  (frames, random) => {
    change(frames, random, ({ data }) => ({ event: random.of(EVENTS), data }))
  },
  damageValue,
  damageValue,
  damageValue,
  damageValue,
]

/** The frames after one to three mishaps. */
export function damaged(
  whole: readonly Frame[],
  other: readonly Frame[],
  random: Random,
): readonly Frame[] {
  const frames = [...whole]
  const mishaps = 1 + random.below(3)
  for (let n = 0; n < mishaps && frames.length > 0; n += 1) {
    random.of(DAMAGES)(frames, random, other)
  }
  return frames
}

function change(frames: Frame[], random: Random, into: (frame: Frame) => Frame): void {
  const at = random.below(frames.length)
  frames[at] = into(frames[at]!)
}

/** Puts junk somewhere into the JSON of a frame. */
function damageValue(frames: Frame[], random: Random): void {
  change(frames, random, (frame) => {
    try {
      const value = JSON.parse(frame.data) as unknown
      return { ...frame, data: JSON.stringify(withJunk(value, random)) }
    } catch {
      return frame
    }
  })
}

function withJunk(value: unknown, random: Random): unknown {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  if (keys.length === 0 || random.once(6)) return random.of(JUNK)
  const key = random.of(keys)
  const copy = (
    Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }
  ) as Record<string, unknown>
  if (random.once(12)) Reflect.deleteProperty(copy, key)
  else copy[key] = withJunk(copy[key], random)
  return copy
}
