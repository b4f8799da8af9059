/** The verdict of a judge on answers whose models it does not know. */
import { asObject } from '../../../../lib/json.ts'
import { repaired } from '../../../../transforms/repair-arguments.ts'
import { oneLine } from '../../../terminal/untrusted-text.ts'
import type { Paint } from '../../../terminal/output.ts'
import { usd } from '../../../terminal/format.ts'

interface RankedAnswer {
  readonly letter: string
  readonly name: string
  readonly reason: string
}

export interface Verdict {
  /** The model of the judge, as given. */
  readonly judge: string
  /** Best first; empty if the judge failed. */
  readonly ranking: readonly RankedAnswer[]
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

/** The ranking with its reasons and its cost. */
export function verdictText({ judge, ranking, error, costUsd }: Verdict, paint: Paint): string {
  const head = paint('bold', `Judged blind by ${judge} (cost ${usd(costUsd)}):`)
  const lines =
    error === null
      ? ranking.map(
          ({ letter, name, reason }, n) => `  ${n + 1}. ${letter} ${name}: ${oneLine(reason)}`,
        )
      : [`  ${paint('red', oneLine(error))}`]
  return [head, ...lines].map((line) => `${line}\n`).join('')
}

function parseRepaired(text: string): unknown {
  try {
    return JSON.parse(repaired(text))
  } catch {
    return undefined
  }
}
