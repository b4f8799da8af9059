/** Shows the progress of the agents: a screen on a terminal, otherwise a line on stderr for each change. */
import { clipped } from '../../../../lib/width.ts'
import type { Io } from '../../../command.ts'
import { oneLine } from '../../../terminal/untrusted-text.ts'
import { type Paint, painter } from '../../../terminal/output.ts'
import { inAndOut } from '../answer.ts'
import { canDraw, openScreen, type Size } from '../../../terminal/screen.ts'
import { table } from '../../../terminal/table.ts'
import { inOutText, seconds, usd } from '../../../terminal/format.ts'
import type { Progress } from './progress.ts'
import type { ModelRecord, RunRecord } from './record.ts'

/** A model and its progress. */
export interface Working {
  readonly record: ModelRecord
  readonly progress: Progress
  /** When it started, by `performance.now()`; null before. */
  readonly since: number | null
}

export interface Status {
  /** Shows that the state of a model has changed. */
  changed(model: ModelRecord): void
  close(): void
}

/** @param working returns the current state of all models. */
export function openStatus(
  io: Io,
  run: Pick<RunRecord, 'id' | 'task'>,
  working: () => readonly Working[],
): Status {
  const paint = painter(io.stdout, io.env)
  if (canDraw(io.stdout, io.env)) {
    const screen = openScreen(io.stdout, (size) => frame(run, working(), size, paint))
    return { changed: () => undefined, close: () => screen.close() }
  }
  return {
    changed: ({ letter, name, state, error }) => {
      const why = error === null ? '' : `: ${oneLine(error)}`
      io.stderr.write(`ccr: ${letter} ${name}: ${state}${why}\n`)
    },
    close: () => undefined,
  }
}

const COLUMNS = [
  { heading: '' },
  { heading: 'MODEL', cut: 'middle' },
  { heading: 'STATE' },
  { heading: 'TURNS', align: 'end', spare: 5 },
  { heading: 'TOOLS', align: 'end', spare: 4 },
  { heading: 'IN / OUT', align: 'end', spare: 3 },
  { heading: 'COST', align: 'end', spare: 1 },
  { heading: 'TIME', align: 'end' },
  { heading: 'LAST', cut: 'end', spare: 2 },
] as const

function frame(
  { id, task }: Pick<RunRecord, 'id' | 'task'>,
  working: readonly Working[],
  { columns, rows }: Size,
  paint: Paint,
): string[] {
  const cells = working.map(({ record, progress, since }) => [
    record.letter,
    record.name,
    record.state,
    String(progress.turns),
    String(progress.tools),
    progress.usage === null ? '-' : inOutText(inAndOut(progress.usage)),
    progress.usage === null ? '-' : usd(progress.costUsd),
    record.ms > 0 ? seconds(record.ms) : since === null ? '-' : seconds(performance.now() - since),
    progress.doing,
  ])
  const plain = (_: string, text: string): string => text
  const [head = '', ...lines] = table(COLUMNS, cells, { paint: plain, width: columns })
    .trimEnd()
    .split('\n')
  return [
    paint('bold', clipped(`Run ${id}: ${oneLine(task)}`, columns)),
    '',
    paint('dim', clipped(head, columns)),
    ...lines.map((line) => clipped(line, columns)),
    '',
    paint('dim', clipped('Ctrl-C ends all agents and keeps their work so far.', columns)),
  ].slice(0, rows)
}
