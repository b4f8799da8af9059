/** The output of `ccr doctor`. */
/** The output of `ccr doctor`. */
import { counted } from '../../../lib/counted.ts'
import type { Colour, Paint } from '../../terminal/output.ts'
import type { Check, Level } from './check.ts'

const COLOURS: Readonly<Record<Level, Colour>> = {
  ok: 'green',
  note: 'cyan',
  warning: 'yellow',
  broken: 'red',
}

const WIDTH = 9

/** The checks by area, with their hints, and a summary. */
export function doctorText(head: string, checks: readonly Check[], paint: Paint): string {
  const areas = [...new Set(checks.map(({ area }) => area))]
  const sections = areas.map((area) => {
    const lines = checks.filter((check) => check.area === area).map((check) => lineOf(check, paint))
    return `\n${paint('bold', area)}\n${lines.join('')}`
  })
  return `${head}\n${sections.join('')}\n${verdict(checks)}\n`
}

function lineOf({ level, text, hint }: Check, paint: Paint): string {
  const label = paint(COLOURS[level], level.padEnd(WIDTH))
  const indented = (lines: string): string => lines.replaceAll('\n', `\n  ${' '.repeat(WIDTH)}`)
  const advice = hint === undefined ? '' : `\n${paint('dim', `-> ${hint}`)}`
  return `  ${label}${indented(`${text}${advice}`)}\n`
}

function verdict(checks: readonly Check[]): string {
  const count = (level: Level): number => checks.filter((check) => check.level === level).length
  const broken = count('broken')
  const warnings = count('warning')
  const warningsText = warnings === 0 ? '' : `, ${counted(warnings, 'warning')}`
  return broken === 0 ? `Nothing is broken${warningsText}.` : `${broken} broken${warningsText}.`
}
