/** `ccr activate`: an alias of `ccr env`. */
/** `ccr activate`: an alias of `ccr env`. */
import type { Command } from '../../command.ts'
import { command as env, printEnvironment } from '../env/env.ts'

/** The name of `ccr env` in Claude Code Router v2. */
export const command: Command = {
  ...env,
  name: 'activate',
  summary: 'the same as env',
  usage: env.usage.replace('ccr env', 'ccr activate'),
  examples: ['eval "$(ccr activate --start)"'],
  run: (argv, io) => printEnvironment('activate', argv, io),
}
