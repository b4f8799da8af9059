/** The result of one model in a comparison. */
import type { AnswerCost } from '../../../pricing/answer-cost.ts'
import { inputOf, type Tokens } from '../../../pricing/cost.ts'
import { type Answer, inAndOut } from './answer.ts'
import { byModel, type Sample } from './samples.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface Result extends Sample {
  /** Unique in the comparison: the preference, and ` #2` where its model has several samples. */
  readonly name: string
  /** 1, 2, … among the samples of a model; null if it has one. */
  readonly sample: number | null
  readonly label: string
  /** `provider,model` that the name means. */
  readonly means: string
  readonly sessionId: string
  readonly answer: Answer
  readonly cost: AnswerCost | null
}

/** The JSON for scripts. Unknown values are null; fields are only ever added. */
export function resultJson(result: Result): object {
  const { letter, name, preference, sample, means, sessionId, answer, cost } = result
  return {
    letter,
    name,
    model: preference,
    sample,
    means,
    answeredBy: answer.model,
    sessionId,
    outcome: answer.outcome,
    error: answer.error,
    stopReason: answer.stopReason,
    firstTokenMs: answer.firstTokenMs,
    totalMs: answer.totalMs,
    ...tokensJson(answer.usage),
    costUsd: cost === null ? null : cost.usd,
    priceSource: cost === null ? null : cost.source,
    priceDate: cost === null ? null : cost.priceDate,
    answer: answer.text,
  }
}

/** The spread of the complete answers of each model. */
export interface AnswerSpread {
  readonly samples: readonly Result[]
  readonly answered: number
  readonly firstTokenMs: Spread | null
  readonly totalMs: Spread | null
  readonly inputTokens: Spread | null
  readonly outputTokens: Spread | null
  readonly costUsd: Spread | null
}

export function answerSpreads(results: readonly Result[]): AnswerSpread[] {
  return byModel(results).map((samples) => {
    const complete = samples.filter(({ answer }) => answer.outcome === 'answered')
    const of = (value: (result: Result) => number | null) => spreadOf(complete.map(value))
    return {
      samples,
      answered: complete.length,
      firstTokenMs: of(({ answer }) => answer.firstTokenMs),
      totalMs: of(({ answer }) => answer.totalMs),
      inputTokens: of(({ answer }) => inAndOut(answer.usage)?.in ?? null),
      outputTokens: of(({ answer }) => inAndOut(answer.usage)?.out ?? null),
      costUsd: of(({ cost }) => cost && cost.usd),
    }
  })
}

/** The spread of each model for scripts; null where no sample has a known value. */
export function spreadJson(results: readonly Result[]): object[] {
  return answerSpreads(results).map(({ samples, ...spread }) => ({
    ...sampleNames(samples),
    ...spread,
  }))
}

/** Which samples a spread is of, for scripts. */
export function sampleNames(samples: readonly Sample[]): object {
  return {
    model: samples[0]?.preference,
    letters: samples.map(({ letter }) => letter),
    samples: samples.length,
  }
}

/** The token counts for scripts; `inputTokens` includes the cached ones. */
export function tokensJson(usage: Tokens | null): object {
  return {
    inputTokens: usage && inputOf(usage),
    outputTokens: usage && usage.output,
    cacheReadTokens: usage && usage.cacheRead,
    cacheWriteTokens: usage && usage.cacheWrite5m + usage.cacheWrite1h,
  }
}
