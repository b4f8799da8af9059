import { homeFolder } from '../session/identity.ts'
import type { Command, Io, Options } from './command.ts'
import { parseOptions } from './command.ts'
import { onInterruption } from './interrupt.ts'
import { json, painter } from './output.ts'
import { control } from './safe-output.ts'
import { isInteractive } from './terminal.ts'
import { look } from './top/look.ts'
import { topText } from './top/text.ts'
import { setTimeout as pause } from 'node:timers/promises'

const OPTIONS = {
  json: { type: 'boolean', summary: 'one look, as an object for scripts' },
} as const satisfies Options

const EVERY_MS = 1_000
/** Plain ANSI: to the upper left corner, and clear from there. */
const HOME_AND_CLEAR = '\x1b[H\x1b[2J'

export const command: Command = {
  name: 'top',
  summary: 'live sessions: running requests, tokens per second, cost today',
  usage: 'ccr top [--json]',
  options: OPTIONS,
  details: [
    'Draws itself anew every second until Ctrl-C; in a pipe it looks once. Tokens per second are ' +
      'those of the answers of the last minute, from their first word on.',
  ],
  examples: ['ccr top', 'ccr top --json'],
  async run(argv, io) {
    const values = await parseOptions('top', argv, OPTIONS)
    const home = homeFolder(io.env)
    if (values.json) io.stdout.write(json(await look(home)))
    else if (!isInteractive(io))
      io.stdout.write(topText(await look(home), painter(io.stdout, io.env)))
    else await watch(home, io)
    return 0
  },
}

async function watch(home: string, { stdout, env }: Io): Promise<void> {
  const interruption = onInterruption()
  const { signal } = interruption
  try {
    while (!signal.aborted) {
      const text = topText(await look(home), painter(stdout, env))
      stdout.write(
        `${control(stdout, HOME_AND_CLEAR)}${text}\n${new Date().toLocaleTimeString()}  Ctrl-C ends this\n`,
      )
      await pause(EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  } finally {
    interruption.off()
  }
}
