/** A view that is refreshed every second on the alternate screen, until `q` or Ctrl-C. */
import { emitKeypressEvents } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { clipped, cutInMiddle } from '../../lib/width.ts'
import type { Key } from './select.ts'
import type { Io } from '../command.ts'
import { onInterruption } from './interrupt.ts'
import { openScreen, type Size } from './screen.ts'

const EVERY_MS = 1_000

export interface LiveView<T> {
  load(): Promise<T>
  /** The lines to show; those that do not fit are left out. */
  lines(value: T, size: Size): readonly string[]
  /** The last line: keys and time. */
  footer(): string
  /** Handles a letter that was pressed. */
  onLetter?(letter: string): void
}

/** Shows the view. Needs a terminal, and restores it even if loading fails. */
export async function live<T>({ stdout }: Io, view: LiveView<T>): Promise<void> {
  const interruption = onInterruption()
  const quit = new AbortController()
  const signal = AbortSignal.any([interruption.signal, quit.signal])
  const left = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  let value: T | undefined
  const screen = openScreen(stdout, (size) => {
    const lines = value === undefined ? [] : view.lines(value, size)
    return liveFrame(lines, view.footer(), size)
  })
  const release = onKeys((key) => {
    if (key.name === 'q' || (key.ctrl === true && (key.name === 'c' || key.name === 'd')))
      quit.abort()
    else view.onLetter?.(key.sequence ?? '')
  })
  try {
    while (!signal.aborted) {
      const found = await Promise.race([view.load(), left])
      if (found !== undefined) value = found
      await pause(EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  } finally {
    release()
    screen.close()
    interruption.off()
  }
}

/** One screen of lines, cut to its width, with the footer at the bottom. */
export function liveFrame(lines: readonly string[], footer: string, size: Size): string[] {
  const room = Math.max(0, size.rows - 2)
  const left = lines.length - room
  const shown = left > 0 ? [...lines.slice(0, room - 1), `… ${left + 1} more lines`] : lines
  const space = Array<string>(Math.max(0, room - shown.length)).fill('')
  return [...shown, ...space, '', clipped(footer, size.columns)].slice(-size.rows)
}

/** The lines of a text without colours, shortened in the middle to the width of the screen. */
export function linesWithin(text: string, { columns }: Size): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => cutInMiddle(line, columns))
}

function onKeys(pressed: (key: Key) => void): () => void {
  const { stdin } = process
  const take = (_: string | undefined, key: Key): void => pressed(key)
  emitKeypressEvents(stdin)
  stdin.setRawMode(true)
  stdin.on('keypress', take)
  stdin.resume()
  return () => {
    stdin.off('keypress', take)
    stdin.setRawMode(false)
    stdin.pause()
  }
}
