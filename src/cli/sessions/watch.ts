import type { SessionView } from '../../session/probe.ts'
import type { Io } from '../command.ts'
import { linesWithin, live } from '../live.ts'
import { requireTerminal } from '../terminal.ts'

export interface Watched {
  readonly list: () => Promise<readonly SessionView[]>
  readonly show: (views: readonly SessionView[]) => string
  /** The time of day, for the last line. */
  readonly clock: () => string
}

/** Draws the listing again every second until `q` or Ctrl-C. Throws UserError without a terminal. */
export async function watch(io: Io, { list, show, clock }: Watched): Promise<number> {
  requireTerminal('ccr sessions --watch', io, 'In a script: ccr sessions --json')
  await live(io, {
    look: list,
    lines: (views, size) => linesWithin(show(views), size),
    footer: () => `q: quit  ${clock()}`,
  })
  return 0
}
