/** Text of others (answers, diffs, output of programs) on the user's terminal, in JSON, in files. */
import { CONTROLS, escapeOf } from '../../lib/controls.ts'

/**
 * The text without power over a terminal: control characters become visible signs (`␛`), so that
 * nothing disappears; tabs become spaces and a carriage return before a line end goes.
 */
export function harmless(text: string): string {
  return text.replace(/\r\n?/g, '\n').replaceAll('\t', '    ').replace(CONTROLS, sign)
}

/** The same on one line. */
export function oneLine(text: string): string {
  return harmless(text).replace(/\s+/g, ' ').trim()
}

/** The pictures of the control characters: https://www.unicode.org/charts/PDF/U2400.pdf */
function sign(character: string): string {
  if (character === '\n') return character
  const code = character.codePointAt(0) ?? 0
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  return code === 0x7f ? '␡' : escapeOf(character)
}

/** A block of Markdown that shows the text as it is: its fence is longer than any inside. */
export function fenced(text: string, language = 'text'): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text.replace(/\n?$/, '\n')}${fence}\n`
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** The text as text of an HTML page, also in an attribute with quotes. */
export function html(text: string): string {
  return harmless(text).replace(/[&<>"']/g, (character) => HTML[character] ?? '')
}

/** Control characters and marks of direction as escapes, so that a preference cannot write over the terminal. */
export function visible(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.codePointAt(0) ?? 0
    if (character === '\n') return '\\n'
    return code > 0xff ? escapeOf(character) : `\\x${code.toString(16).padStart(2, '0')}`
  })
}
