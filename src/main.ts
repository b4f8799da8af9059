/**
 * The bin. Imports almost nothing until it knows the command, so that `ccr --version` costs no
 * more than starting Node.
 */
import type { CommandTable } from './cli/command.ts'
import { version } from './lib/version.ts'

const COMMANDS: CommandTable = {
  start: () => import('./cli/start.ts'),
  stop: () => import('./cli/stop.ts'),
  restart: () => import('./cli/restart.ts'),
  status: () => import('./cli/status.ts'),
  sessions: () => import('./cli/sessions.ts'),
  logs: () => import('./cli/logs.ts'),
  code: () => import('./cli/code.ts'),
  compare: () => import('./cli/compare.ts'),
  init: () => import('./cli/init.ts'),
  env: () => import('./cli/env.ts'),
  activate: () => import('./cli/activate.ts'),
  use: () => import('./cli/use.ts'),
  model: () => import('./cli/model.ts'),
  models: () => import('./cli/models.ts'),
  pref: () => import('./cli/pref.ts'),
  provider: () => import('./cli/provider.ts'),
  key: () => import('./cli/key.ts'),
  config: () => import('./cli/config.ts'),
  usage: () => import('./cli/usage.ts'),
  top: () => import('./cli/top.ts'),
  budget: () => import('./cli/budget.ts'),
  preset: () => import('./cli/preset.ts'),
  explain: () => import('./cli/explain.ts'),
  doctor: () => import('./cli/doctor.ts'),
  statusline: () => import('./cli/statusline.ts'),
  completion: () => import('./cli/completion.ts'),
  demo: () => import('./cli/demo.ts'),
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
    const { printCompletions } = await import('./cli/completion/complete.ts')
    await printCompletions(COMMANDS, rest, process)
    return 0
  }
  const { runCli } = await import('./cli/run.ts')
  const { env, stdout, stderr } = process
  return runCli(argv, COMMANDS, { env, stdout, stderr })
}

// `ccr sessions | head -1`, a closed terminal: nobody reads any more, which is no error of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
  })
}

void main(process.argv.slice(2)).then((code) => {
  if (code !== 0) process.exitCode = code
})
