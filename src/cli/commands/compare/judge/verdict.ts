/** The verdict of a judge on answers whose models it does not know. */
import { asObject } from '../../../../lib/json.ts'
import { repaired } from '../../../../transforms/repair-arguments.ts'
import { oneLine } from '../../../terminal/untrusted-text.ts'
import type { Paint } from '../../../terminal/output.ts'
import { usd } from '../../../terminal/format.ts'
import { byModel, type Sample } from '../samples.ts'

export interface RankedAnswer {
  readonly letter: string
  readonly name: string
  readonly reason: string
  /** From 1; identical answers share the mean of their positions. Absent in older runs: the position. */
  readonly rank?: number
}

/** How the answers of one model were ranked. */
export interface ModelRank {
  /** The model as given. */
  readonly model: string
  /** The mean of the ranks of its ranked answers. */
  readonly meanRank: number
  /** How many of its samples have a rank: those that answered. */
  readonly ranked: number
  readonly samples: number
}

export interface Verdict {
  /** The model of the judge, as given. */
  readonly judge: string
  /** Best first; empty if the judge failed. */
  readonly ranking: readonly RankedAnswer[]
  /** The models by mean rank, best first; absent in older runs. */
  readonly models?: readonly ModelRank[]
  /** Why there is no ranking; null if there is one. */
  readonly error: string | null
  /** USD; null if unknown. */
  readonly costUsd: number | null
}

interface ParsedRank {
  /** The name of the answer in the prompt. */
  readonly id: string
  readonly reason: string
}

/**
 * The ranking in a judge's answer: the last object that ranks each of `ids` once, whatever surrounds it.
 * Null if there is none.
 */
export function rankingIn(text: string, ids: readonly string[]): readonly ParsedRank[] | null {
  for (const candidate of objectsIn(text)) {
    const ranking = rankingOf(candidate, ids)
    if (ranking !== null) return ranking
  }
  return null
}

function rankingOf(value: unknown, ids: readonly string[]): readonly ParsedRank[] | null {
  const { ranking } = asObject(value)
  if (!Array.isArray(ranking)) return null
  const places = ranking.map((entry): ParsedRank => {
    const { answer, reason } = asObject(entry)
    return { id: String(answer).trim(), reason: typeof reason === 'string' ? reason.trim() : '' }
  })
  const named = new Set(places.map(({ id }) => id))
  const complete = places.length === ids.length && ids.every((id) => named.has(id))
  return complete ? places : null
}

/** The objects in a text that contain a ranking, the last one first. */
function* objectsIn(text: string): Generator {
  const end = text.lastIndexOf('}') + 1
  const starts = [...text.matchAll(/\{\s*["']?ranking/g)].map(({ index }) => index).reverse()
  for (const start of starts) {
    for (const stop of [end, text.indexOf('```', start)]) {
      const value = stop > start ? parseRepaired(text.slice(start, stop)) : undefined
      if (value !== undefined) yield value
    }
  }
}

/** The mean rank of each model with a ranked answer, best first. @param samples all, ranked or not. */
export function modelRanks(
  ranking: readonly RankedAnswer[],
  samples: readonly Sample[],
): readonly ModelRank[] {
  const rankOf = new Map(ranking.map(({ letter, rank }, n) => [letter, rank ?? n + 1]))
  const models = byModel(samples).flatMap((group): ModelRank[] => {
    const ranks = group.flatMap(({ letter }) => rankOf.get(letter) ?? [])
    if (ranks.length === 0) return []
    const meanRank = ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length
    const model = group[0]?.preference ?? ''
    return [{ model, meanRank, ranked: ranks.length, samples: group.length }]
  })
  return models.sort((a, b) => a.meanRank - b.meanRank)
}

interface RankGroup {
  /** `1`, or `1–2` for identical answers. */
  readonly ranks: string
  /** `A gpt-5 #1`; of identical answers the letters: `A, C (identical)`. */
  readonly names: string
  readonly reason: string
}

/** The ranking with identical answers together. */
export function rankGroups({ ranking }: Pick<Verdict, 'ranking'>): readonly RankGroup[] {
  const groups: RankGroup[] = []
  for (let first = 0; first < ranking.length;) {
    const tied = tiedWith(ranking, first)
    const last = first + tied.length
    groups.push({
      ranks: tied.length === 1 ? String(last) : `${first + 1}–${last}`,
      names: namesOf(tied),
      reason: tied[0]?.reason ?? '',
    })
    first = last
  }
  return groups
}

function namesOf(tied: readonly RankedAnswer[]): string {
  const [first] = tied
  if (first !== undefined && tied.length === 1) return `${first.letter} ${first.name}`
  return `${tied.map(({ letter }) => letter).join(', ')} (identical)`
}

/** The answers that share the rank of the one at `first`. */
function tiedWith(ranking: readonly RankedAnswer[], first: number): readonly RankedAnswer[] {
  const rank = ranking[first]?.rank
  const behind = ranking.slice(first + 1)
  const others = rank === undefined ? 0 : behind.findIndex((answer) => answer.rank !== rank)
  return ranking.slice(first, others === -1 ? undefined : first + 1 + others)
}

/** The mean rank of each model as text; none where it says no more than the ranking. */
export function meanRankTexts({
  models = [],
}: Pick<Verdict, 'models'>): readonly { readonly rank: string; readonly text: string }[] {
  if (models.length < 2 || models.every(({ samples }) => samples === 1)) return []
  return models.map(({ model, meanRank, ranked, samples }) => {
    const part = ranked === samples ? '' : ` (${ranked} of ${samples} ranked)`
    return { rank: meanRank.toFixed(1), text: `${model}${part}` }
  })
}

/** The best answer and the best model by mean rank; null where that says no more than the ranking. */
export function bestText(verdict: Verdict): string | null {
  const { models = [] } = verdict
  const [best] = rankGroups(verdict)
  if (best === undefined || meanRankTexts(verdict).length === 0) return null
  const first = models.filter(({ meanRank }) => meanRank === models[0]?.meanRank)
  const names = first.map(({ model }) => model)
  const model =
    names.length === 1
      ? `Best model by mean rank: ${names.join('')}.`
      : `No best model by mean rank: ${names.join(' and ')} are equal.`
  return `Best answer: ${best.names}. ${model}`
}

/** The ranking with its reasons and its cost. */
export function verdictText(verdict: Verdict, paint: Paint): string {
  const { judge, error, costUsd } = verdict
  const head = paint('bold', `Judged blind by ${judge} (cost ${usd(costUsd)}):`)
  if (error !== null) return `${head}\n  ${paint('red', oneLine(error))}\n`
  const ranked = rankGroups(verdict).map(
    ({ ranks, names, reason }) => `  ${ranks}. ${names}: ${oneLine(reason)}`,
  )
  const means = meanRankTexts(verdict).map(({ rank, text }) => `  ${rank.padStart(4)}  ${text}`)
  const best = bestText(verdict)
  const lines = [
    head,
    ...ranked,
    ...(means.length === 0 ? [] : ['Mean rank:', ...means]),
    ...(best === null ? [] : [best]),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function parseRepaired(text: string): unknown {
  try {
    return JSON.parse(repaired(text))
  } catch {
    return undefined
  }
}
