import { html } from '../../../terminal/untrusted-text.ts'

/** Longest diff that is shown, in characters. */
const LONGEST = 1_000_000

const KINDS: readonly (readonly [start: RegExp, kind: string])[] = [
  [/^diff --git /, 'f'],
  [/^@@/, 'h'],
  [/^\+(?!\+\+ )/, 'a'],
  [/^-(?!-- )/, 'd'],
]

/** A diff in the form of git, its lines coloured. */
export function diffHtml(diff: string): string {
  const shown = diff.length > LONGEST ? diff.slice(0, LONGEST) : diff
  const lines = shown.replace(/\n$/, '').split('\n').map(line)
  const cut =
    diff.length > LONGEST
      ? `<p class="soft">Cut here: ${diff.length - LONGEST} characters more.</p>`
      : ''
  return `<pre class="diff">${lines.join('')}</pre>${cut}`
}

function line(text: string): string {
  const kind = KINDS.find(([start]) => start.test(text))?.[1]
  return `<span${kind === undefined ? '' : ` class="${kind}"`}>${html(text) || ' '}</span>`
}
