/** `ccr compare show [RUN]`. */
import { padded, widthOf } from '../../../../lib/width.ts'
import { homeFolder } from '../../../../session/identity.ts'
import type { Io } from '../../../command.ts'
import { harmless, oneLine, visible } from '../../../terminal/untrusted-text.ts'
import { json, type Paint } from '../../../terminal/output.ts'
import { type TableStyle, tableStyle } from '../../../terminal/table.ts'
import { remarks, runJson, runTables, verifyText } from '../agent/report.ts'
import { lineSums } from '../agent/worktree.ts'
import { logsOf, type ModelRecord, type RunRecord } from '../agent/record.ts'
import { writeOutput } from '../write-output.ts'
import { verdictText } from '../judge/verdict.ts'
import type { CompareValues } from '../options.ts'
import { findRun, withWork } from './find.ts'

/** Shows everything about one run. */
export async function show(words: readonly string[], values: CompareValues, io: Io) {
  const home = homeFolder(io.env)
  const run = await withWork(home, await findRun(home, words[0] ?? values.run))
  io.stdout.write(values.json ? json(runJson(run)) : text(run, home, tableStyle(io)))
  if (values.html !== undefined) {
    const { runPage } = await import('../page/run.ts')
    writeOutput(values.html, await runPage(run))
  }
  if (values.markdown !== undefined) {
    const { runMarkdown } = await import('../agent/markdown.ts')
    writeOutput(values.markdown, await runMarkdown(run))
  }
  return 0
}

function text(run: RunRecord, home: string, style: TableStyle): string {
  const { paint } = style
  const { id, state, root, base, withChanges, task, verify, verdict } = run
  const from = `${base.slice(0, 12) || '-'}${withChanges ? ' (with uncommitted changes)' : ''}`
  return [
    `${paint('bold', `Run ${id}`)} (${state}) in ${visible(root)}, from ${from}\n`,
    `Task: ${oneLine(task).slice(0, 500)}\n`,
    verify === null ? '' : `Verify: ${oneLine(verify)}\n`,
    `Transcripts: ${visible(logsOf(home, id))}\n\n`,
    runTables(run, style),
    ...remarks(run).map((remark) => `${remark}\n`),
    verdict === null ? '' : `\n${verdictText(verdict, paint)}`,
    ...run.models.map((model) => section(model, paint)),
  ].join('')
}

const TAIL = 20

function section(model: ModelRecord, paint: Paint): string {
  const { letter, name, finalMessage, files, verified, worktree, branch } = model
  const answered = model.answeredBy?.join('; ') || undefined
  const width = Math.max(0, ...files.map(({ path }) => widthOf(visible(path))))
  const changes = files.map((file) => {
    const from = file.from === undefined ? '' : ` (was ${visible(file.from)})`
    const { added, deleted } = lineSums([file])
    const size = file.added === null ? 'binary' : `+${added} -${deleted}`
    return `  ${padded(visible(file.path), width)}  ${size}${from}\n`
  })
  const printed = (verified?.output ?? '').trimEnd().split('\n').slice(-TAIL)
  const output = printed.filter((line) => line !== '')
  return [
    `\n${paint('bold', `== ${letter} ${name} ==`)}\n`,
    answered === undefined ? '' : `Answered by: ${answered}\n`,
    finalMessage === '' ? '' : `${harmless(finalMessage).trimEnd()}\n`,
    files.length === 0 ? '\nNo changes.\n' : `\nFiles:\n${changes.join('')}`,
    verified === null ? '' : `\nVerify: ${verifyText(model)}\n`,
    ...output.map((line) => `  ${line}\n`),
    `\nWorktree: ${visible(worktree)}\nBranch:   ${branch}\n`,
  ].join('')
}
