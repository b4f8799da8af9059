/** Asks a model, through its own session, which answer is the best. */
import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { Io } from '../../../command.ts'
import { oneLine } from '../../../terminal/untrusted-text.ts'
import type { Answer } from '../answer.ts'
import { ask } from '../ask.ts'
import { chargedBy } from '../reported-cost.ts'
import { costOfAnswer } from '../result.ts'
import { connect, priceOf, type seatOf } from '../contestants.ts'
import { type Brief, briefFor, type Candidate, type Dice } from './judge-prompt.ts'
import { rankingIn, type Verdict } from './verdict.ts'

export interface Judging {
  /** The judge's seat. */
  readonly seat: ReturnType<typeof seatOf>
  readonly task: string
  readonly candidates: readonly Candidate[]
  readonly io: Io
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly dice?: Dice
}

/** The verdict; one that could not be had says why in `error`. */
export async function judge(judging: Judging): Promise<Verdict> {
  const { seat, task, candidates, io, dice = DICE } = judging
  const none = { judge: seat.name, ranking: [], costUsd: null }
  if (candidates.length < 2) {
    return { ...none, error: 'not judged: there are fewer than two answers' }
  }
  if (io.stderr.isTTY) io.stderr.write(`ccr: ${seat.name} judges ${candidates.length} answers…\n`)
  const brief = briefFor(task, candidates, dice)
  const conversation = randomUUID()
  const answers = await asked(judging, brief, conversation)
  const answer = answers.at(-1)
  const charged = await chargedBy(seat.ref, conversation)
  const costUsd = charged.usd ?? listed(seat, answers)
  if (answer?.outcome !== 'answered') {
    return { ...none, costUsd, error: `the judge ${seat.name} failed: ${answer?.error ?? ''}` }
  }
  const ranked = rankingIn(answer.text, [...brief.ids.keys()])
  const ranking = ranked?.flatMap(({ id, reason }) => {
    const candidate = brief.ids.get(id)
    return candidate ? [{ letter: candidate.letter, name: candidate.name, reason }] : []
  })
  if (ranking) return { judge: seat.name, ranking, costUsd, error: null }
  const said = oneLine(answer.text).slice(0, 200)
  return { ...none, costUsd, error: `the judge ${seat.name} gave no ranking, but said: ${said}` }
}

/** Once more without the schema where a provider does not take it: the words ask for JSON too. */
async function asked(
  { seat, io, signal, timeoutMs }: Judging,
  { body }: Brief,
  conversation: string,
): Promise<Answer[]> {
  const model = `ccr-${seat.ref.id}`
  const once = async (request: object): Promise<Answer> => {
    const lease = connect(seat, io)
    try {
      return await ask(() => lease, {
        body: { ...request, model },
        conversation,
        signal,
        timeoutMs,
      })
    } finally {
      void lease.then(
        (held) => held.close(),
        () => undefined,
      )
    }
  }
  const first = await once(body)
  const refused = first.outcome === 'failed' && /^400\b/.test(first.error ?? '')
  return refused ? [first, await once({ ...body, output_config: undefined })] : [first]
}

/** By the prices that are known, USD. */
function listed(seat: Judging['seat'], answers: readonly Answer[]): number | null {
  const costs = answers.map(({ usage, model }) => costOfAnswer(usage, null, priceOf(seat, model)))
  const known = costs.filter((cost) => cost !== null)
  return known.length === 0 ? null : known.reduce((sum, { usd }) => sum + usd, 0)
}

const DICE: Dice = {
  below: (limit) => randomInt(limit),
  nonce: () => randomBytes(12).toString('hex'),
}
