/** Lets the user choose an entry of a list with the arrow keys. */
import { createInterface, emitKeypressEvents } from 'node:readline'
import { clipped, cutInMiddle } from '../../lib/width.ts'
import type { Io } from '../command.ts'
import { type Paint, painter } from './output.ts'
import { control } from './safe-output.ts'
import { canDraw } from './screen.ts'

export interface ListState {
  readonly rows: readonly string[]
  /** The typed text: only rows that contain it are shown. */
  readonly filter: string
  /** Index among the shown rows. */
  readonly at: number
}

export interface Key {
  readonly name?: string | undefined
  readonly ctrl?: boolean
  readonly sequence?: string
}

export type Step =
  | { readonly state: ListState }
  /** The index among all rows; null if the user cancels. */
  | { readonly chosen: number | null }

const PAGE = 10

/**
 * Lets the user choose a row. Returns its index, or null for Esc and Ctrl-C. Needs a terminal. The list
 * is removed from the screen afterwards.
 */
export function choose(
  io: Pick<Io, 'stdout' | 'env'>,
  title: string,
  rows: readonly string[],
  first: number,
): Promise<number | null> {
  const { stdout, env } = io
  if (!canDraw(stdout, env)) return chooseByNumber(io, title, rows, first)
  const { stdin } = process
  const paint = painter(stdout, env)
  let state: ListState = { rows, filter: '', at: first }
  let drawn = 0
  const draw = (lines: readonly string[]): void => {
    const up = drawn > 0 ? `\u001b[${drawn}A` : ''
    const clear = control(stdout, `${up}\u001b[1G\u001b[J`)
    stdout.write(`${clear}${lines.map((line) => `${line}\n`).join('')}`)
    drawn = lines.length
  }
  return new Promise((resolve) => {
    const onKey = (_: string | undefined, key: Key): void => {
      const step = press(state, key)
      if ('state' in step) {
        state = step.state
        draw(screen(title, state, stdout.columns || 80, paint))
        return
      }
      draw([])
      stdin.off('keypress', onKey)
      stdin.setRawMode(false)
      stdin.pause()
      resolve(step.chosen)
    }
    emitKeypressEvents(stdin)
    stdin.setRawMode(true)
    stdin.on('keypress', onKey)
    stdin.resume()
    draw(screen(title, state, stdout.columns || 80, paint))
  })
}

/** The same for terminals without cursor control: the user types the number of a row. */
async function chooseByNumber(
  { stdout }: Pick<Io, 'stdout'>,
  title: string,
  rows: readonly string[],
  first: number,
): Promise<number | null> {
  stdout.write(`${title}\n${rows.map((row, n) => `${n + 1}) ${row}\n`).join('')}`)
  const lines = createInterface({ input: process.stdin, terminal: false })
  const ask = (): unknown => stdout.write(`Number (Enter: ${first + 1}, q: cancel): `)
  ask()
  try {
    for await (const line of lines) {
      const chosen = numbered(line, rows.length, first)
      if (chosen !== undefined) return chosen
      ask()
    }
    return null
  } finally {
    lines.close()
  }
}

/** The index that an input line means; null to cancel; undefined if it is not valid. */
export function numbered(line: string, count: number, first: number): number | null | undefined {
  const word = line.trim()
  if (word === '') return first
  if (word === 'q') return null
  const number = /^\d{1,6}$/.test(word) ? Number(word) : 0
  return number >= 1 && number <= count ? number - 1 : undefined
}

const MOVES: Readonly<Record<string, (at: number, count: number) => number>> = {
  up: (at, count) => (at + count - 1) % count,
  down: (at, count) => (at + 1) % count,
  pageup: (at) => at - PAGE,
  pagedown: (at) => at + PAGE,
  home: () => 0,
  end: (_, count) => count - 1,
}

/** The state of the list after a key press. */
export function press(state: ListState, key: Key): Step {
  if (LEAVING.has(pressed(key))) return { chosen: null }
  if (pressed(key) === 'return' || pressed(key) === 'enter') {
    const row = shownRows(state)[state.at]
    return row === undefined ? { state } : { chosen: row }
  }
  const move = MOVES[pressed(key)]
  return { state: move === undefined ? typed(state, key) : moved(state, move) }
}

const LEAVING: ReadonlySet<string> = new Set(['escape', 'ctrl+c', 'ctrl+d'])

function pressed({ name = '', ctrl = false }: Key): string {
  return ctrl ? `ctrl+${name}` : name
}

function typed(state: ListState, key: Key): ListState {
  if (key.name === 'backspace') return filtered(state, state.filter.slice(0, -1))
  const character = key.ctrl === true ? '' : (key.sequence ?? '')
  return /^[^\p{C}\p{Z}]$|^ $/u.test(character) ? filtered(state, state.filter + character) : state
}

function moved(state: ListState, move: (at: number, count: number) => number): ListState {
  const count = shownRows(state).length
  if (count === 0) return state
  return { ...state, at: Math.min(Math.max(move(state.at, count), 0), count - 1) }
}

/** The list with another filter. The selected row stays selected if it is still shown. */
function filtered(state: ListState, filter: string): ListState {
  const marked = shownRows(state)[state.at]
  const next = { ...state, filter, at: 0 }
  const at = marked === undefined ? -1 : shownRows(next).indexOf(marked)
  return { ...next, at: Math.max(at, 0) }
}

/** The indexes of the rows that match the filter. */
function shownRows({ rows, filter }: ListState): number[] {
  const wanted = filter.toLowerCase()
  return [...rows.keys()].filter((index) => rows[index]?.toLowerCase().includes(wanted))
}

/** The lines to draw: at most a page of rows around the selected one. */
export function screen(title: string, state: ListState, columns: number, paint: Paint): string[] {
  const shown = shownRows(state)
  const from = Math.max(0, Math.min(state.at - PAGE / 2, shown.length - PAGE))
  const visible = shown.slice(from, from + PAGE)
  const rows = visible.map((index, offset) => {
    const marked = from + offset === state.at
    const text = `${marked ? '>' : ' '} ${cutInMiddle(state.rows[index] ?? '', columns - 3)}`
    return marked ? paint('cyan', text) : text
  })
  const more = shown.length > visible.length ? ` (${visible.length} of ${shown.length})` : ''
  const typed = state.filter === '' ? '' : `  filter: ${state.filter}`
  const none = shown.length === 0 ? [paint('dim', '  no match')] : []
  const help = clipped('arrows: move, letters: filter, Enter: choose, Esc: cancel', columns - 1)
  return [
    paint('bold', clipped(`${title}${more}${typed}`, columns - 1)),
    ...rows,
    ...none,
    paint('dim', help),
  ]
}
