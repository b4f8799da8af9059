/** `ccr compare` without `--agent`: sends one prompt to all models at the same time. */
import { sessionModelAlias } from '../../../session/identity.ts'
import { formatModelRef } from '../../../lib/model-ref.ts'
import { randomUUID } from 'node:crypto'
import { costOfAnswer } from '../../../pricing/answer-cost.ts'
import { type Limiter, limiter } from '../../../lib/limiter.ts'
import type { Lease } from '../../../session/lease.ts'
import type { Io } from '../../command.ts'
import { type Interruption, onInterruption } from '../../terminal/interrupt.ts'
import { json, painter } from '../../terminal/output.ts'
import { tableStyle } from '../../terminal/table.ts'
import { EMPTY, type Draft } from './answer.ts'
import { ask } from './ask.ts'
import { reportedCostOf } from './reported-cost.ts'
import { writeOutput } from './write-output.ts'
import { judge } from './judge/judge.ts'
import { type Verdict, verdictText } from './judge/verdict.ts'
import type { Comparison } from './page/answers.ts'
import { type CompareValues, wholeNumber } from './options.ts'
import { type FirstStarts, firstStarts } from './first-starts.ts'
import { markdown, problem, resultTables } from './report.ts'
import { type Result, resultJson, spreadJson } from './result.ts'
import { connect, priceOf, type Contestant, contestantsOf, judgeSessionOf } from './contestants.ts'
import { type RunningAnswer, showAnswers } from './show-answers.ts'

const MAX_TOKENS = 16_000
const TIMEOUT_S = 600

/** Exit code if every model answered but the judge failed. */
const JUDGE_FAILED = 3

export async function comparePlain(prompt: string, values: CompareValues, io: Io): Promise<number> {
  const contestants = contestantsOf(values.model ?? [], io)
  const judgeSession = judgeSessionOf(values.judge, io)
  const timeoutMs = wholeNumber(values, 'timeout', TIMEOUT_S) * 1000
  const turn = limiter(wholeNumber(values, 'jobs', contestants.length))
  const body = bodyOf(prompt, values)
  const interruption = onInterruption()
  const { signal } = interruption
  const startedAt = new Date().toISOString()
  try {
    const starting = firstStarts()
    const running = contestants.map((contestant) =>
      start(contestant, { body, timeoutMs, signal, io, starting, turn }),
    )
    const results = await showAnswers(running, io, values.json === true)
    if (!values.json) io.stdout.write(`\n${resultTables(results, tableStyle(io))}`)
    const judging = {
      task: prompt,
      samples: results,
      submissions: submissions(results),
      ...{ io, signal, timeoutMs },
    }
    const judged = judgeSession !== null && !signal.aborted
    const verdict = judged ? await judge({ session: judgeSession, ...judging }) : null
    await report({ prompt, startedAt, results, verdict }, values, io)
    return exitCode(results, verdict, interruption)
  } finally {
    interruption.off()
  }
}

function bodyOf(prompt: string, values: CompareValues): object {
  return {
    max_tokens: wholeNumber(values, 'max-tokens', MAX_TOKENS),
    ...(values.system === undefined ? {} : { system: values.system }),
    messages: [{ role: 'user', content: prompt }],
  }
}

interface Asking {
  readonly body: object
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly io: Io
  readonly starting: FirstStarts
  /** Waits until it is a contestant's turn. */
  readonly turn: Limiter
}

/** Sends the prompt to one contestant; the result reports its progress. */
function start(
  contestant: Contestant,
  { body, timeoutMs, signal, io, starting, turn }: Asking,
): RunningAnswer {
  let startedAt: number | undefined
  let lease: Promise<Lease> | undefined
  let draft: Draft = EMPTY
  let over: Result | null = null
  const conversation = randomUUID()
  const session = (): Promise<Lease> => {
    // After an interruption no session is started for those whose turn comes.
    signal.throwIfAborted()
    lease = starting(contestant.ref.id, () => connect(contestant, io))
    return lease
  }
  const answered = turn(() => {
    startedAt = performance.now()
    return ask(session, {
      body: { ...body, model: sessionModelAlias(contestant.ref.id) },
      conversation,
      signal,
      timeoutMs,
      grown: (next) => (draft = next),
    })
  })
  const result = answered.then(async (ended): Promise<Result> => {
    const { letter, name, preference, sample, label, ref, choice } = contestant
    const reported = ended.usage === null ? null : await reportedCostOf(ref, conversation)
    // The model in the answer is outdated if another one took over.
    const answer = { ...ended, model: reported?.models[0] ?? ended.model }
    lease?.then(
      (held) => held.close(),
      () => undefined,
    )
    const cost = costOfAnswer(
      answer.usage,
      reported?.usd ?? null,
      priceOf(contestant, answer.model),
    )
    const means = formatModelRef(choice)
    const names = { letter, name, preference, sample, label, means }
    return (over = { ...names, sessionId: ref.id, answer, cost })
  })
  return {
    title: `${contestant.letter} ${contestant.name}`,
    now: () => ({ draft, ended: over, ms: performance.now() - (startedAt ?? performance.now()) }),
    result,
  }
}

function submissions(results: readonly Result[]) {
  return results
    .filter(({ answer }) => answer.outcome === 'answered')
    .map(({ letter, name, preference, answer }) => ({
      letter,
      name,
      preference,
      text: answer.text,
    }))
}

async function report(comparison: Comparison, values: CompareValues, io: Io): Promise<void> {
  const { prompt, results, verdict } = comparison
  if (values.json) {
    io.stdout.write(json({ models: results.map(resultJson), spread: spreadJson(results), verdict }))
  } else if (verdict !== null) {
    io.stdout.write(`\n${verdictText(verdict, painter(io.stdout, io.env))}`)
  }
  for (const result of results) {
    const why = problem(result)
    if (why !== '') io.stderr.write(`ccr: ${result.letter} ${result.name} ${why}\n`)
  }
  if (values.markdown !== undefined) {
    writeOutput(values.markdown, markdown(prompt, results, verdict))
  }
  if (values.html !== undefined) {
    const { answersPage } = await import('./page/answers.ts')
    writeOutput(values.html, answersPage(comparison))
  }
}

function exitCode(
  results: readonly Result[],
  verdict: Verdict | null,
  interruption: Interruption,
): number {
  const interrupted = interruption.exitCode()
  if (interrupted !== null) return interrupted
  if (results.some(({ answer }) => answer.outcome !== 'answered')) return 1
  return verdict === null || verdict.error === null ? 0 : JUDGE_FAILED
}
