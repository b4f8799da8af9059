/** The numbers of an agent's work as people read them. */
import { inAndOut } from '../answer.ts'
import { inOutText, seconds, usd } from '../../../terminal/format.ts'
import type { ModelRecord } from './record.ts'
import { passed } from './shell.ts'

/** Lines added and deleted over all files; binary files have none. */
export function lineSums(files: ModelRecord['files']): { added: number; deleted: number } {
  return {
    added: files.reduce((sum, { added }) => sum + (added ?? 0), 0),
    deleted: files.reduce((sum, { deleted }) => sum + (deleted ?? 0), 0),
  }
}

/** `+12 -3`; `none` where nothing changed. */
export function sizeText(files: ModelRecord['files']): string {
  if (files.length === 0) return 'none'
  const { added, deleted } = lineSums(files)
  return `+${added} -${deleted}`
}

/** `passed (1.2 s)`, `failed (1)`, `-` where nothing was verified. */
export function verifyText({ verified }: Pick<ModelRecord, 'verified'>): string {
  if (verified === null) return '-'
  if (passed(verified)) return `passed (${seconds(verified.ms)})`
  if (verified.timedOut) return `timeout (${seconds(verified.ms)})`
  return `failed (${verified.code ?? 'signal'})`
}

/** The cells that a running and an ended agent have in common. */
export function effort({ turns, tools, usage, costUsd, ms }: ModelRecord): string[] {
  return [String(turns), String(tools), inOutText(inAndOut(usage)), usd(costUsd), seconds(ms)]
}
