/** Output of commands: colours, notes, key/value lists, JSON. */
import { styleText } from 'node:util'
import { escapeControls } from '../../lib/controls.ts'
import type { Io, Output } from '../command.ts'
import { control } from './safe-output.ts'
import { visible } from './untrusted-text.ts'

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan'

/** Colours a text, or returns it unchanged. */
export type Paint = (colour: Colour, text: string) => string

/**
 * Colours for a stream: only on a terminal, never with NO_COLOR (https://no-color.org). FORCE_COLOR
 * (other than 0) turns them on everywhere.
 */
export function painter(stream: Output, env: Io['env']): Paint {
  if (!coloured(stream, env)) return (_, text) => text
  return (colour, text) => {
    // Coloured without the text: the stream must tell these sequences from sequences in the text.
    const [on = '', off = ''] = styleText(colour, '|', { validateStream: false }).split('|')
    return `${control(stream, on)}${text}${control(stream, off)}`
  }
}

function coloured(stream: Output, env: Io['env']): boolean {
  const forced = env['FORCE_COLOR']
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false'
  if (env['NO_COLOR']) return false
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

/** Aligned `Key:   value` lines; pairs without a value are left out. */
export function keyValues(
  pairs: readonly (readonly [key: string, value: string | number | null | undefined])[],
): string {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '')
  const width = Math.max(0, ...shown.map(([key]) => key.length))
  return shown.map(([key, value]) => `${`${key}:`.padEnd(width + 2)}${value ?? ''}\n`).join('')
}

/** A value as indented JSON with a line end, without terminal control characters. */
export function json(value: unknown): string {
  return `${escapeControls(JSON.stringify(value, null, 2))}\n`
}

/** A duration in ms as text: `42s`, `3m 7s`, `5h 2m`, `9d 4h`. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`
  const hours = Math.floor(seconds / 3600)
  if (hours < 24) return `${hours}h ${Math.floor((seconds % 3600) / 60)}m`
  return `${Math.floor(hours / 24)}d ${hours % 24}h`
}

/** Bytes in mebibytes, rounded: `58 MiB`. */
export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`
}

/** Writes notes for the user to stderr. */
export function writeNotes(notes: readonly string[], { stderr }: Pick<Io, 'stderr'>): void {
  for (const note of notes) stderr.write(`ccr: ${visible(note)}\n`)
}
