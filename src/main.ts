/**
 * The entry point of the `ccr` program. It imports almost nothing until it knows the command, so that
 * `ccr --version` takes no longer than starting Node.
 */
import type { CommandTable } from './cli/command.ts'
import { version } from './lib/version.ts'

const COMMANDS: CommandTable = {
  start: () => import('./cli/commands/start/start.ts'),
  stop: () => import('./cli/commands/stop/stop.ts'),
  restart: () => import('./cli/commands/restart/restart.ts'),
  status: () => import('./cli/commands/status/status.ts'),
  sessions: () => import('./cli/commands/sessions/sessions.ts'),
  logs: () => import('./cli/commands/logs/logs.ts'),
  code: () => import('./cli/commands/code/code.ts'),
  compare: () => import('./cli/commands/compare/compare.ts'),
  init: () => import('./cli/commands/init/init.ts'),
  env: () => import('./cli/commands/env/env.ts'),
  activate: () => import('./cli/commands/activate/activate.ts'),
  use: () => import('./cli/commands/use/use.ts'),
  model: () => import('./cli/commands/model/model.ts'),
  models: () => import('./cli/commands/models/models.ts'),
  pref: () => import('./cli/commands/pref/pref.ts'),
  provider: () => import('./cli/commands/provider/provider.ts'),
  key: () => import('./cli/commands/key/key.ts'),
  config: () => import('./cli/commands/config/config.ts'),
  usage: () => import('./cli/commands/usage/usage.ts'),
  top: () => import('./cli/commands/top/top.ts'),
  budget: () => import('./cli/commands/budget/budget.ts'),
  preset: () => import('./cli/commands/preset/preset.ts'),
  explain: () => import('./cli/commands/explain/explain.ts'),
  doctor: () => import('./cli/commands/doctor/doctor.ts'),
  statusline: () => import('./cli/commands/statusline/statusline.ts'),
  completion: () => import('./cli/commands/completion/completion.ts'),
  demo: () => import('./cli/commands/demo/demo.ts'),
}

async function main(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv
  if (first === '--version' || first === '-v' || first === 'version') {
    process.stdout.write(`ccr ${version}\n`)
    return 0
  }
  if (first === '__daemon') {
    const { runDaemon } = await import('./daemon/main.ts')
    await runDaemon(rest)
    return 0
  }
  if (first === '__complete') {
    const { printCompletions } = await import('./cli/commands/completion/complete.ts')
    await printCompletions(COMMANDS, rest, process)
    return 0
  }
  const { runCli } = await import('./cli/run.ts')
  const { env, stdout, stderr } = process
  return runCli(argv, COMMANDS, { env, stdout, stderr })
}

// The reader of the output has gone, as with `ccr sessions | head -1` or a closed terminal. That is no error of ccr's.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
  })
}

void main(process.argv.slice(2)).then((code) => {
  if (code !== 0) process.exitCode = code
})
