/**
 * Characters with power over a terminal or over the order of letters: the control characters (C0,
 * DEL, C1), line and paragraph separators, marks that turn the direction of writing. Joiners stay:
 * emoji and several scripts need them.
 */
export const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]/gu

/** What lays out text, and stays where whole texts are printed. */
const LAYOUT = /\r\n|[\n\t]|[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]/gu

/**
 * The text with these characters as `\u001b`, but for line ends and tabs. JSON stays JSON with the
 * same value, as it holds none of them outside of strings.
 */
export function escapeControls(text: string): string {
  return text.replace(LAYOUT, (found) => (LAYOUT_ONLY.has(found) ? found : escapeOf(found)))
}

const LAYOUT_ONLY: ReadonlySet<string> = new Set(['\r\n', '\n', '\t'])

/** `\u001b` of one character. */
export function escapeOf(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
}
