import type { Command } from '../../command.ts'
import { command as env, printEnvironment } from '../env/env.ts'

/** The name that the old router knew it by. */
export const command: Command = {
  ...env,
  name: 'activate',
  summary: 'the same as env',
  usage: env.usage.replace('ccr env', 'ccr activate'),
  examples: ['eval "$(ccr activate --start)"'],
  run: (argv, io) => printEnvironment('activate', argv, io),
}
