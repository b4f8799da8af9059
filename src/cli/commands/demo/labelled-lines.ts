/** Writes streamed text line by line with a label, so that two streams can share a terminal. */
import type { Output } from '../../command.ts'

export interface LineWriter {
  write(text: string): void
  /** Writes the rest of the last line. */
  end(): void
}

/** A writer that wraps lines between words at `width` characters, so that long lines appear early. */
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

/** The end of the first complete line, including its line break or space; 0 if there is none yet. */
function lineEnd(text: string, width: number): number {
  const newline = text.indexOf('\n')
  if (newline !== -1 && newline <= width) return newline + 1
  if (text.length <= width) return 0
  const space = text.lastIndexOf(' ', width)
  return space > 0 ? space + 1 : width
}
