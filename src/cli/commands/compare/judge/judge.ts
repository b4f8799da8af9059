/** Asks a model, through its session, to rank the answers. */
import { sessionModelAlias } from '../../../../session/identity.ts'
import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { costOfAnswer } from '../../../../pricing/answer-cost.ts'
import { windowOf } from '../../../../session/context-window.ts'
import type { Io } from '../../../command.ts'
import { oneLine } from '../../../terminal/untrusted-text.ts'
import type { Answer } from '../answer.ts'
import { ask } from '../ask.ts'
import { reportedCostOf } from '../reported-cost.ts'
import { connect, type ModelSession, priceOf } from '../contestants.ts'
import type { Sample } from '../samples.ts'
import { type JudgePrompt, judgePrompt, type Submission, type Dice } from './judge-prompt.ts'
import { modelRanks, type RankedAnswer, rankingIn, type Verdict } from './verdict.ts'

export interface JudgeRequest {
  /** The session of the judge. */
  readonly session: ModelSession
  readonly task: string
  /** All samples of the comparison, with an answer or not. */
  readonly samples: readonly Sample[]
  readonly submissions: readonly Submission[]
  readonly io: Io
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly dice?: Dice
}

/** The verdict; if there is none, `error` says why. Identical answers are judged as one. */
export async function judge(judging: JudgeRequest): Promise<Verdict> {
  const { session, samples, submissions } = judging
  const none = { judge: session.name, ranking: [], models: [] }
  if (submissions.length < 2) {
    return { ...none, costUsd: null, error: 'not judged: fewer than two answers' }
  }
  const distinct = distinctOf(submissions)
  const [only = []] = distinct
  const { order, costUsd, error } =
    distinct.length === 1
      ? {
          order: [{ answers: only, reason: 'All answers are the same.' }],
          costUsd: 0,
          error: null,
        }
      : await orderOf(distinct, judging)
  if (error !== null) return { ...none, costUsd, error }
  const ranking = rankedOf(order)
  return { judge: session.name, ranking, models: modelRanks(ranking, samples), costUsd, error }
}

interface Order {
  /** Best first. */
  readonly order: readonly Ranked[]
  readonly costUsd: number | null
  /** Why there is no order; null if there is one. */
  readonly error: string | null
}

/** The order of distinct answers, by the judge. */
async function orderOf(
  distinct: readonly (readonly Submission[])[],
  judging: JudgeRequest,
): Promise<Order> {
  const { session, task, io, dice = DICE } = judging
  if (io.stderr.isTTY) io.stderr.write(`ccr: ${session.name} judges ${distinct.length} answers…\n`)
  const firsts = distinct.flatMap(([first]) => first ?? [])
  const prompt = judgePrompt(task, firsts, dice, windowOf(session.choice, session.config))
  const conversation = randomUUID()
  const answers = await askJudge(judging, prompt, conversation)
  const answer = answers.at(-1)
  const reported = await reportedCostOf(session.ref, conversation)
  const costUsd = reported.usd ?? listed(session, answers)
  const failed = (how: string): Order => {
    return { order: [], costUsd, error: `the judge ${session.name} ${how}` }
  }
  if (answer?.outcome !== 'answered') return failed(`failed: ${answer?.error ?? ''}`)
  const ranked = rankingIn(answer.text, [...prompt.ids.keys()])
  if (ranked === null) {
    return failed(`gave no ranking, but answered: ${oneLine(answer.text).slice(0, 200)}`)
  }
  const order = ranked.map(({ id, reason }): Ranked => {
    const first = prompt.ids.get(id)
    return { answers: distinct.find((same) => same[0] === first) ?? [], reason }
  })
  return { order, costUsd, error: null }
}

/** Identical answers with the reason for their rank. */
interface Ranked {
  readonly answers: readonly Submission[]
  readonly reason: string
}

/** The submissions, those with the same text in one group. */
function distinctOf(submissions: readonly Submission[]): (readonly Submission[])[] {
  const groups = new Map<string, Submission[]>()
  for (const submission of submissions) {
    const text = submission.text.trim()
    groups.set(text, [...(groups.get(text) ?? []), submission])
  }
  return [...groups.values()]
}

/** The answers in this order, best first; those in one group share the mean of their positions. */
function rankedOf(order: readonly Ranked[]): RankedAnswer[] {
  let before = 0
  return order.flatMap(({ answers, reason }) => {
    const rank = before + (answers.length + 1) / 2
    before += answers.length
    return answers.map(({ letter, name }) => ({ letter, name, reason, rank }))
  })
}

/** Asks the judge, and again without the schema if the provider rejects it; the prompt asks for JSON too. */
async function askJudge(
  { session, io, signal, timeoutMs }: JudgeRequest,
  { body }: JudgePrompt,
  conversation: string,
): Promise<Answer[]> {
  const model = sessionModelAlias(session.ref.id)
  const once = async (request: object): Promise<Answer> => {
    const lease = connect(session, io)
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

/** The cost by known prices, in USD. */
function listed(session: JudgeRequest['session'], answers: readonly Answer[]): number | null {
  const costs = answers.map(({ usage, model }) =>
    costOfAnswer(usage, null, priceOf(session, model)),
  )
  const known = costs.filter((cost) => cost !== null)
  return known.length === 0 ? null : known.reduce((sum, { usd }) => sum + usd, 0)
}

const DICE: Dice = {
  below: (limit) => randomInt(limit),
  nonce: () => randomBytes(12).toString('hex'),
}
