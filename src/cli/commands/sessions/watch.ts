/** `ccr sessions --watch`. */
/** `ccr sessions --watch`. */
import type { SessionView } from '../../../session/probe.ts'
import { UserError } from '../../../lib/user-error.ts'
import type { Io } from '../../command.ts'
import { linesWithin, live } from '../../terminal/live-view.ts'
import { nextOrder } from '../../terminal/sort-order.ts'
import { canDraw } from '../../terminal/screen.ts'
import { requireTerminal } from '../../terminal/interactive.ts'
import { type Order, ORDERS, sorted } from './sort.ts'

export interface Watched {
  readonly list: () => Promise<readonly SessionView[]>
  readonly show: (views: readonly SessionView[]) => string
  /** The initial sort order; each press of `s` selects the next one. */
  readonly order: Order
  /** The time of day, for the last line. */
  readonly clock: () => string
}

/** Redraws the listing every second until `q` or Ctrl-C. Throws UserError without a terminal. */
export async function watch(io: Io, { list, show, order: first, clock }: Watched): Promise<number> {
  requireTerminal('ccr sessions --watch', io, 'In a script: ccr sessions --json')
  if (!canDraw(io.stdout, io.env)) {
    throw new UserError(
      'ccr sessions --watch needs a terminal with cursor control, but TERM is "dumb".',
      'To list the sessions once: ccr sessions',
    )
  }
  let order = first
  await live(io, {
    load: list,
    lines: (views, size) => linesWithin(show(sorted(views, order)), size),
    footer: () => `q: quit  s: sort (by ${order})  ${clock()}`,
    onLetter: (letter) => {
      if (letter === 's') order = nextOrder(order, ORDERS)
    },
  })
  return 0
}
