/** The spread of the agents of each model in a run. */
import type { Column } from '../../../terminal/table.ts'
import { inAndOut } from '../answer.ts'
import { sampleNames } from '../result.ts'
import { byModel } from '../samples.ts'
import { countRange, secondsRange, type Spread, spreadOf, usdRange } from '../spread.ts'
import type { ModelRecord } from './record.ts'
import { passed } from './shell.ts'
import { lineSums } from './worktree.ts'

/** The spread of the finished agents of one model. */
interface WorkSpread {
  readonly samples: readonly ModelRecord[]
  readonly done: number
  /** How many passed --verify; null if nothing was verified. */
  readonly passed: number | null
  readonly ms: Spread | null
  readonly inputTokens: Spread | null
  readonly outputTokens: Spread | null
  readonly costUsd: Spread | null
  /** Lines added and deleted. */
  readonly lines: Spread | null
  readonly turns: Spread | null
}

export function workSpreads(models: readonly ModelRecord[]): WorkSpread[] {
  return byModel(models).map((samples) => {
    const done = samples.filter(({ state }) => state === 'done')
    const verified = samples.flatMap((model) => model.verified ?? [])
    const of = (value: (model: ModelRecord) => number | null) => spreadOf(done.map(value))
    return {
      samples,
      done: done.length,
      passed: verified.length === 0 ? null : verified.filter(passed).length,
      ms: of(({ ms }) => ms),
      inputTokens: of(({ usage }) => inAndOut(usage)?.in ?? null),
      outputTokens: of(({ usage }) => inAndOut(usage)?.out ?? null),
      costUsd: of(({ costUsd }) => costUsd),
      lines: of(({ files }) => lineSums(files).added + lineSums(files).deleted),
      turns: of(({ turns }) => turns),
    }
  })
}

export const RUN_SPREAD_COLUMNS = [
  { heading: 'MODEL', cut: 'middle' },
  { heading: 'DONE', align: 'end' },
  { heading: 'PASSED', align: 'end' },
  { heading: 'LINES', align: 'end', spare: 2 },
  { heading: 'TURNS', align: 'end', spare: 4 },
  { heading: 'OUT', align: 'end', spare: 3 },
  { heading: 'COST', align: 'end', spare: 1 },
  { heading: 'TIME', align: 'end' },
] as const satisfies readonly Column[]

/** The cells of one model for `RUN_SPREAD_COLUMNS`. */
export function workSpreadCells(spread: WorkSpread): string[] {
  const { samples, done, lines, turns, outputTokens, costUsd, ms } = spread
  return [
    samples[0]?.preference ?? '',
    `${done}/${samples.length}`,
    spread.passed === null ? '-' : `${spread.passed}/${samples.length}`,
    lines === null ? '-' : countRange(lines),
    turns === null ? '-' : countRange(turns),
    countRange(outputTokens),
    usdRange(costUsd),
    secondsRange(ms),
  ]
}

/** The spread of each model for scripts; null where no sample has a known value. */
export function workSpreadJson(models: readonly ModelRecord[]): object[] {
  return workSpreads(models).map(({ samples, ...spread }) => ({
    ...sampleNames(samples),
    ...spread,
  }))
}
