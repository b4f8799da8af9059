/** Asks a model, through its session, to rank the answers. */
import { sessionModelAlias } from '../../../../session/identity.ts'
import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { costOfAnswer } from '../../../../pricing/answer-cost.ts'
import type { Io } from '../../../command.ts'
import { oneLine } from '../../../terminal/untrusted-text.ts'
import type { Answer } from '../answer.ts'
import { ask } from '../ask.ts'
import { reportedCostOf } from '../reported-cost.ts'
import { connect, priceOf, type modelSessionOf } from '../contestants.ts'
import { type JudgePrompt, judgePrompt, type Submission, type Dice } from './judge-prompt.ts'
import { rankingIn, type Verdict } from './verdict.ts'

export interface JudgeRequest {
  /** The session of the judge. */
  readonly session: ReturnType<typeof modelSessionOf>
  readonly task: string
  readonly submissions: readonly Submission[]
  readonly io: Io
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly dice?: Dice
}

/** The verdict; if there is none, `error` says why. */
export async function judge(judging: JudgeRequest): Promise<Verdict> {
  const { session, task, submissions, io, dice = DICE } = judging
  const none = { judge: session.name, ranking: [], costUsd: null }
  if (submissions.length < 2) {
    return { ...none, error: 'not judged: fewer than two answers' }
  }
  if (io.stderr.isTTY)
    io.stderr.write(`ccr: ${session.name} judges ${submissions.length} answers…\n`)
  const prompt = judgePrompt(task, submissions, dice)
  const conversation = randomUUID()
  const answers = await askJudge(judging, prompt, conversation)
  const answer = answers.at(-1)
  const reported = await reportedCostOf(session.ref, conversation)
  const costUsd = reported.usd ?? listed(session, answers)
  if (answer?.outcome !== 'answered') {
    return { ...none, costUsd, error: `the judge ${session.name} failed: ${answer?.error ?? ''}` }
  }
  const ranked = rankingIn(answer.text, [...prompt.ids.keys()])
  const ranking = ranked?.flatMap(({ id, reason }) => {
    const submission = prompt.ids.get(id)
    return submission ? [{ letter: submission.letter, name: submission.name, reason }] : []
  })
  if (ranking) return { judge: session.name, ranking, costUsd, error: null }
  const text = oneLine(answer.text).slice(0, 200)
  return {
    ...none,
    costUsd,
    error: `the judge ${session.name} gave no ranking, but answered: ${text}`,
  }
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
