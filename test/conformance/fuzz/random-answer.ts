/** Random answers: complete ones, and ones that break off or fail. */
import type { Finish, Piece, ModelAnswer } from '../neutral-form.ts'
import type { Random } from './random.ts'

const TEXTS = ['a', 'é€😀', ' ', '\n\n', '"', '\\', '{"x":1}', '</s>', 'word '.repeat(50)]
const ARGS = ['{}', '{"x":1}', '{"path":"C:\\\\Users\\\\é"}', '{"a":[1,{"b":null}]}', '']
const FINISHES: readonly Finish[] = ['end', 'tools', 'limit', 'refusal']

export function randomAnswer(random: Random): ModelAnswer {
  const pieces: Piece[] = []
  const queues: Piece[][] = []
  const steps = random.below(8)
  for (let step = 0; step < steps; step += 1) {
    const kind = random.below(3)
    if (kind === 0) pieces.push({ text: random.of(TEXTS) })
    else if (kind === 1) {
      pieces.push({ thinking: random.of(TEXTS), ...(random.once(2) ? { state: 'c3RhdGU=' } : {}) })
    } else queues.push(callPieces(String(step), random))
    while (queues.length > 0 && !random.once(3)) pieces.push(...takeOne(queues, random))
  }
  while (queues.length > 0) pieces.push(...takeOne(queues, random))
  return {
    pieces,
    ...(random.once(10) ? {} : { finish: random.of(FINISHES) }),
    ...(random.once(4)
      ? {}
      : { usage: { input: random.below(1000) + 50, cached: 40, output: 30, reasoning: 5 } }),
  }
}

function takeOne(queues: Piece[][], random: Random): readonly Piece[] {
  const queue = random.of(queues)
  const piece = queue.shift()
  if (queue.length === 0) queues.splice(queues.indexOf(queue), 1)
  return piece === undefined ? [] : [piece]
}

function callPieces(call: string, random: Random): Piece[] {
  const args = random.of(ARGS)
  const cut = random.below(args.length + 1)
  const id = random.once(4) ? null : random.once(4) ? 'same' : `call_${call}`
  return [
    { call, name: random.of(['A', 'B']), id, args: args.slice(0, cut) },
    ...(cut === args.length ? [] : [{ call, args: args.slice(cut) }]),
  ]
}
