/** Makes untrusted text (answers, diffs, output of programs) safe for terminals, JSON and files. */
import { CONTROLS, escapeOf } from '../../lib/controls.ts'

/**
 * Text that cannot control a terminal: control characters become visible symbols (`␛`), so that nothing
 * is lost; tabs become spaces, and a carriage return before a line feed is removed.
 */
export function harmless(text: string): string {
  return text.replace(/\r\n?/g, '\n').replaceAll('\t', '    ').replace(CONTROLS, sign)
}

/** The same, on one line. */
export function oneLine(text: string): string {
  return harmless(text).replace(/\s+/g, ' ').trim()
}

/** The symbol of a control character: https://www.unicode.org/charts/PDF/U2400.pdf */
function sign(character: string): string {
  if (character === '\n') return character
  const code = character.codePointAt(0) ?? 0
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  return code === 0x7f ? '␡' : escapeOf(character)
}

/** A Markdown code block with the text; its fence is longer than any in the text. */
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

/** The text escaped for HTML, also for quoted attributes. */
export function html(text: string): string {
  return harmless(text).replace(/[&<>"']/g, (character) => HTML[character] ?? '')
}

/** Text with control characters and direction marks escaped, so that it cannot control the terminal. */
export function visible(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.codePointAt(0) ?? 0
    if (character === '\n') return '\\n'
    return code > 0xff ? escapeOf(character) : `\\x${code.toString(16).padStart(2, '0')}`
  })
}
