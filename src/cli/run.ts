/** Dispatches a command line to its command. */
/** Dispatches a command line to its command. */
import { type Command, type CommandTable, type Io, UsageError } from './command.ts'
import { reportFailure } from './failure.ts'
import { safeIo } from './terminal/safe-output.ts'

/** Runs one command line of `ccr` and returns the exit code. Failures are reported on stderr. */
export async function runCli(
  argv: readonly string[],
  commands: CommandTable,
  streams: Io,
): Promise<number> {
  const io = safeIo(streams)
  try {
    return await dispatch(argv, commands, io)
  } catch (thrown) {
    return reportFailure(thrown, io)
  }
}

async function dispatch(argv: readonly string[], commands: CommandTable, io: Io): Promise<number> {
  const { config, rest } = takeConfig(argv)
  const [name, ...args] = rest
  if (name === undefined || name === '--help' || name === '-h') return help(commands, io)
  if (name === 'help') return help(commands, io, args[0])
  const command = await load(name, commands, io.env)
  if (!command.passThrough && wantsHelp(args)) return help(commands, io, name)
  if (config === undefined) return command.run(args, io)
  if (!command.passThrough && !command.options?.['config']) {
    throw new UsageError(`ccr ${name} takes no --config.`, `See: ccr help ${name}`)
  }
  const { env, stdout, stderr } = io
  return command.run(args, { env, stdout, stderr, configFile: config })
}

/** Splits off `--config FILE` before the command; a later one belongs to the command. */
function takeConfig(argv: readonly string[]): { config?: string; rest: readonly string[] } {
  const first = argv[0] ?? ''
  if (first.startsWith('--config=')) return { config: first.slice(9), rest: argv.slice(1) }
  if (first !== '--config') return { rest: argv }
  const config = argv[1]
  if (!config) throw new UsageError('--config needs a file.', 'Write: ccr --config FILE COMMAND')
  return { config, rest: argv.slice(2) }
}

function wantsHelp(args: readonly string[]): boolean {
  const ccrArgs = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  return ccrArgs.includes('--help') || ccrArgs.includes('-h')
}

async function load(name: string, commands: CommandTable, env: Io['env'] = {}): Promise<Command> {
  const loader = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (loader) return (await loader()).command
  const { oldCommand } = await import('./old-commands.ts')
  const old = oldCommand(name, env)
  if (old !== undefined) throw new UsageError(`there is no command ccr ${name}.`, old)
  const { suggest } = await import('../lib/suggest.ts')
  const near = suggest(name, [...Object.keys(commands), 'help', 'version'])
  const what = name.startsWith('-') ? 'option' : 'command'
  throw new UsageError(
    `unknown ${what} '${name}'.`,
    near.length > 0 ? `Did you mean: ccr ${near.join(', or: ccr ')}?` : 'See: ccr help',
  )
}

async function help(commands: CommandTable, io: Io, name?: string): Promise<number> {
  const { commandHelp, overview } = await import('./help.ts')
  const { terminalWidth } = await import('./terminal/table.ts')
  if (name === undefined) {
    const all = await Promise.all(Object.keys(commands).map((key) => load(key, commands)))
    io.stdout.write(overview(all, terminalWidth(io.stdout)))
  } else {
    io.stdout.write(commandHelp(await load(name, commands), terminalWidth(io.stdout)))
  }
  return 0
}
