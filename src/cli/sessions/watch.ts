import { setTimeout as pause } from 'node:timers/promises'
import type { SessionView } from '../../session/probe.ts'
import type { Io } from '../command.ts'
import { onInterruption } from '../interrupt.ts'
import { control } from '../safe-output.ts'
import { requireTerminal } from '../terminal.ts'

const EVERY_MS = 1_000

/** Plain ANSI: to the upper left corner, and clear from there. */
const HOME_AND_CLEAR = '\x1b[H\x1b[2J'

export interface Watched {
  readonly list: () => Promise<readonly SessionView[]>
  readonly show: (views: readonly SessionView[]) => string
  /** The time of day, for the last line. */
  readonly clock: () => string
}

/** Draws the listing again every second until Ctrl-C. Throws UserError without a terminal. */
export async function watch(io: Io, { list, show, clock }: Watched): Promise<number> {
  requireTerminal('ccr sessions --watch', io, 'In a script: ccr sessions --json')
  const interruption = onInterruption()
  const { signal } = interruption
  try {
    while (!signal.aborted) {
      const views = await list()
      io.stdout.write(
        `${control(io.stdout, HOME_AND_CLEAR)}${show(views)}\n${clock()}  Ctrl-C ends this\n`,
      )
      await pause(EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
    return 0
  } finally {
    interruption.off()
  }
}
