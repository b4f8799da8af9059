/** Shows answers: streamed on a terminal, otherwise each whole and in the given order. */
import { counted } from '../../../lib/counted.ts'
import { withoutEnd } from '../../../lib/trim.ts'
import type { Io } from '../../command.ts'
import { type Paint, painter } from '../../terminal/output.ts'
import type { Draft } from './answer.ts'
import { type Panel, screenful, section, wholePanels } from './columns.ts'
import { problem } from './report.ts'
import type { Result } from './result.ts'
import { canDraw, openScreen } from '../../terminal/screen.ts'
import { seconds } from '../../terminal/format.ts'

interface AnswerState {
  readonly draft: Draft
  /** Null while it is running. */
  readonly ended: Result | null
  /** Time since the request. */
  readonly ms: number
}

/** An answer that is being received. */
export interface RunningAnswer {
  readonly title: string
  readonly now: () => AnswerState
  /** Never rejects. */
  readonly result: Promise<Result>
}

/** Shows the answers unless `quiet`, and returns all of them. */
export async function showAnswers(
  answers: readonly RunningAnswer[],
  io: Io,
  quiet: boolean,
): Promise<readonly Result[]> {
  const paint = painter(io.stdout, io.env)
  if (quiet || !canDraw(io.stdout, io.env)) return oneByOne(answers, io, quiet ? null : paint)
  const screen = openScreen(io.stdout, (size) => screenful(answers.map(panelNow), size, paint))
  let results: readonly Result[]
  try {
    results = await Promise.all(answers.map(({ result }) => result))
  } finally {
    screen.close()
  }
  const panels = answers.map(({ title }, n) => panelOf(title, results[n]))
  io.stdout.write(wholePanels(panels, io.stdout.columns ?? 80, paint))
  return results
}

/** Shows complete answers in the given order. Null `paint`: nothing is shown. */
async function oneByOne(
  answers: readonly RunningAnswer[],
  io: Io,
  paint: Paint | null,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const showsProgress = io.stderr.isTTY === true
  for (const { result } of answers) {
    if (showsProgress) void result.then((ended) => writeProgress(ended, io))
  }
  for (const { title, result } of answers) {
    const ended = await result
    if (paint) {
      const space = results.length === 0 ? '' : '\n'
      io.stdout.write(`${space}${section(panelOf(title, ended), paint)}`)
    }
    results.push(ended)
  }
  return results
}

/** Shows progress on stderr while the answers go into a pipe. */
function writeProgress({ letter, name, answer }: Result, { stderr }: Io): void {
  stderr.write(`ccr: ${letter} ${name}: ${answer.outcome} after ${seconds(answer.totalMs)}\n`)
}

function panelOf(title: string, result: Result | undefined): Panel {
  const why = result ? problem(result) : ''
  const text = withoutEnd(result?.answer.text ?? '', '\n')
  const note = why === '' ? [] : [`[${why}]`]
  return { title, text: [...(text === '' ? [] : [text]), ...note].join('\n'), progress: '' }
}

function panelNow({ title, now }: RunningAnswer): Panel {
  const moment = now()
  return { title, text: moment.draft.text, progress: `${title}  ${progressOf(moment)}` }
}

/** The progress; characters stand in for tokens, which are counted at the end. */
function progressOf({ draft, ended, ms }: AnswerState): string {
  const size = counted(draft.text.length, 'character')
  if (ended !== null) return problem(ended) || `done, ${size}  ${seconds(ended.answer.totalMs)}`
  if (draft.firstTokenMs === null) return `waiting  ${seconds(ms)}`
  if (draft.text === '') return `thinking, ${counted(draft.thought, 'character')}  ${seconds(ms)}`
  return `answering, ${size}  ${seconds(ms)}`
}
