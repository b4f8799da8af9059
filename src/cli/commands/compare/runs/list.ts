/** `ccr compare list`. */
import { homeFolder } from '../../../../session/identity.ts'
import type { Io } from '../../../command.ts'
import { oneLine, visible } from '../../../terminal/untrusted-text.ts'
import { json } from '../../../terminal/output.ts'
import { type Column, tableStyle, table } from '../../../terminal/table.ts'
import { allRuns } from '../agent/record.ts'
import { runJson } from '../agent/report.ts'
import type { CompareValues } from '../options.ts'
import { rootHere } from './find.ts'

/** Lists the runs of this repository; outside a repository, or with --all, all runs. */
export async function list(values: CompareValues, io: Io): Promise<number> {
  const root = values.all ? null : await rootHere()
  const all = allRuns(homeFolder(io.env))
  const runs = root === null ? all : all.filter((run) => run.root === root)
  if (values.json) {
    io.stdout.write(json(runs.map(runJson)))
    return 0
  }
  const elsewhere = all.length - runs.length
  if (runs.length === 0) {
    const more =
      elsewhere === 0 ? '' : ` There are ${elsewhere} in other repositories: ccr compare list --all`
    io.stdout.write(`No runs${root === null ? '' : ' in this repository'}.${more}\n`)
    return 0
  }
  const rows = runs.map(({ id, state, startedAt, models, task, root: where, applied }) => [
    id,
    applied === null ? state : `${state}, ${applied} applied`,
    startedAt.replace('T', ' ').slice(0, 16),
    models.map(({ letter, name }) => `${letter} ${name}`).join(', '),
    ...(root === null ? [visible(where)] : []),
    oneLine(task),
  ])
  const columns: Column[] = [
    { heading: 'RUN' },
    { heading: 'STATE', spare: 2 },
    { heading: 'STARTED (UTC)', spare: 3 },
    { heading: 'MODELS', cut: 'middle', spare: 1 },
    ...(root === null ? [{ heading: 'REPOSITORY', cut: 'middle', spare: 4 } as const] : []),
    { heading: 'TASK', cut: 'end' },
  ]
  io.stdout.write(table(columns, rows, tableStyle(io)))
  return 0
}
