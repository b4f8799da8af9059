/** `ccr top`. */
import { homeFolder } from '../../../session/identity.ts'
import { type Command, type Io, type Options, parseOptions } from '../../command.ts'
import { live } from '../../terminal/live-view.ts'
import { nextOrder, orderOf } from '../../terminal/sort-order.ts'
import { json, painter } from '../../terminal/output.ts'
import { canDraw } from '../../terminal/screen.ts'
import { WITHOUT_ANSWER, whileWaiting } from '../../client/wait-notice.ts'
import { tableStyle } from '../../terminal/table.ts'
import { isInteractive } from '../../terminal/interactive.ts'
import { takeSnapshot } from './snapshot.ts'
import { type Order, ORDERS, sorted, topText } from './text.ts'

const OPTIONS = {
  sort: {
    type: 'string',
    value: 'WHAT',
    choices: ORDERS,
    summary: `${ORDERS.join(', ')} (default: session)`,
  },
  json: { type: 'boolean', summary: 'one snapshot, as an object for scripts' },
} as const satisfies Options

export const command: Command = {
  name: 'top',
  summary: 'watch live sessions: running requests, tokens per second, cost today',
  usage: 'ccr top [--sort WHAT] [--json]',
  options: OPTIONS,
  details: [
    'Redraws every second until you press q or Ctrl-C; s switches the sort order. In a pipe, it prints ' +
      'one snapshot. Columns that do not fit a narrow terminal are left out. Tokens per second are ' +
      'the average over the answers of the last minute, from the first token on.',
  ],
  examples: ['ccr top', 'ccr top --sort cost', 'ccr top --json'],
  async run(argv, io) {
    const values = await parseOptions('top', argv, OPTIONS)
    const home = homeFolder(io.env)
    const order = orderOf('top', values.sort ?? 'session', ORDERS)
    if (!values.json && isInteractive(io) && canDraw(io.stdout, io.env)) {
      await watch(home, io, order)
      return 0
    }
    const top = await whileWaiting(io, WITHOUT_ANSWER, ({ onSilence }) =>
      takeSnapshot(home, onSilence),
    )
    if (values.json) io.stdout.write(json({ ...top, sessions: sorted(top.sessions, order) }))
    else io.stdout.write(topText(top, tableStyle(io), order))
    return top.faults.length > 0 && top.sessions.length === 0 ? 1 : 0
  },
}

async function watch(home: string, io: Io, first: Order): Promise<void> {
  const paint = painter(io.stdout, io.env)
  let order = first
  await live(io, {
    load: () => takeSnapshot(home),
    lines: (top, { columns }) =>
      topText(top, { paint, width: columns }, order).trimEnd().split('\n'),
    footer: () => `q: quit  s: sort (by ${order})  ${new Date().toLocaleTimeString()}`,
    onLetter: (letter) => {
      if (letter === 's') order = nextOrder(order, ORDERS)
    },
  })
}
