/**
 * A program in a pseudo-terminal and what stands on its screen: `script` (util-linux) makes the
 * terminal, @xterm/headless (of test/e2e) keeps the screen.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../test/e2e/package.json', import.meta.url))
const { Terminal } = require('@xterm/headless')

/** A program that shows nothing new for this long has failed. */
const LIMIT_MS = 60_000

/** Starts a shell command line in a terminal of this size. */
export function inTerminal(line, { columns, rows, cwd, env }) {
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 })
  const size = `stty cols ${columns} rows ${rows}`
  const child = spawn('script', ['-qefc', `${size}; ${line}`, '/dev/null'], { cwd, env })
  terminal.onData((reply) => child.stdin.write(reply))
  let drawn = Promise.resolve()
  child.stdout.on('data', (part) => {
    drawn = new Promise((resolve) => terminal.write(part, resolve))
  })
  const ended = once(child, 'close')
  const screen = () => rowsOf(terminal)
  return {
    screen,
    /** Types these keys. */
    type: (keys) => child.stdin.write(keys),
    /** Waits until the screen shows this. */
    async until(pattern) {
      const end = Date.now() + LIMIT_MS
      while (!pattern.test(textOf(screen()))) {
        if (Date.now() > end) throw new Error(`no ${pattern} in:\n${textOf(screen())}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    /** Waits for the program's end; gives its exit code. */
    async end() {
      const [code] = await ended
      await drawn
      return code
    },
    kill: () => child.kill('SIGKILL'),
  }
}

const textOf = (rows) => rows.map((runs) => runs.map(({ text }) => text).join('')).join('\n')

/** The rows of the screen, the scrolled-off ones included, without the empty ones at the end. */
function rowsOf({ buffer: { active } }) {
  const rows = Array.from({ length: active.length }, (_, n) => runsOf(active.getLine(n)))
  const last = rows.findLastIndex((runs) => runs.length > 0)
  return rows.slice(0, last + 1)
}

/** A row as runs of one style: `{ text, style }`; spaces at its end are left out. */
function runsOf(line) {
  const runs = []
  for (let x = 0; x < line.length; x += 1) {
    const cell = line.getCell(x)
    if (cell.getWidth() === 0) continue
    const text = cell.getChars().replaceAll('\u00a0', ' ') || ' '
    const style = styleOf(cell)
    const key = JSON.stringify(style)
    const before = runs.at(-1)
    if (before?.key === key) before.text += text
    else runs.push({ key, style, text, x })
  }
  while (runs.length > 0 && runs.at(-1).text.trim() === '' && !runs.at(-1).style.background)
    runs.pop()
  return runs
}

function styleOf(cell) {
  const [front, back] = [colour(cell, 'Fg'), colour(cell, 'Bg')]
  const inverse = cell.isInverse() !== 0
  return {
    colour: inverse ? (back ?? 'inverse') : front,
    background: inverse ? (front ?? 'inverse') : back,
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    italic: cell.isItalic() !== 0,
  }
}

/** A colour of the palette as its number, any other as `#rrggbb`, the terminal's own as undefined. */
function colour(cell, which) {
  const value = cell[`get${which}Color`]()
  if (cell[`is${which}Palette`]()) return value
  if (cell[`is${which}RGB`]()) return `#${value.toString(16).padStart(6, '0')}`
  return undefined
}
