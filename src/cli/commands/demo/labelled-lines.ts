/** Text that arrives in pieces, written line by line with a label, so that two can share a screen. */
import type { Output } from '../../command.ts'

export interface LineWriter {
  write(text: string): void
  /** Writes what is left of the last line. */
  end(): void
}

/** Lines are broken at `width` characters, between words: a long line shows before its end. */
export function labelled(out: Output, label: string, width = 76): LineWriter {
  let rest = ''
  const print = (line: string): void => void out.write(`${label}${line.trimEnd()}\n`)
  return {
    write(text) {
      rest += text
      for (let end = lineEnd(rest, width); end > 0; end = lineEnd(rest, width)) {
        print(rest.slice(0, end))
        rest = rest.slice(end)
      }
    },
    end() {
      if (rest !== '') print(rest)
      rest = ''
    },
  }
}

/** Where the first complete line ends (its line end or space included); 0 while there is none. */
function lineEnd(text: string, width: number): number {
  const newline = text.indexOf('\n')
  if (newline !== -1 && newline <= width) return newline + 1
  if (text.length <= width) return 0
  const space = text.lastIndexOf(' ', width)
  return space > 0 ? space + 1 : width
}
