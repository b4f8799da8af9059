import { describe, expect, it } from 'vitest'
import { type Command, type CommandTable, CONFIG_OPTION, type Io, parseOptions } from './command.ts'
import { runCli } from './run.ts'

interface Ran {
  code: number
  out: string
  err: string
}

const OPTIONS = {
  ...CONFIG_OPTION,
  all: { type: 'boolean', short: 'a', summary: 'all of them' },
} as const

/** A command that prints what it was given. */
function echo(name: string, parts: Partial<Command> = {}): Command {
  return {
    name,
    summary: `does ${name}`,
    usage: `ccr ${name}`,
    options: OPTIONS,
    examples: [`ccr ${name} --all`],
    run: async (argv, io) => {
      const values = parts.passThrough ? { argv } : await parseOptions(name, argv, OPTIONS)
      io.stdout.write(JSON.stringify({ configFile: io.configFile, ...values }))
      return 0
    },
    ...parts,
  }
}

function tableOf(...commands: Command[]): CommandTable {
  return Object.fromEntries(
    commands.map((command) => [command.name, () => Promise.resolve({ command })]),
  )
}

async function run(argv: string[], commands: CommandTable, env: Io['env'] = {}): Promise<Ran> {
  const ran = { out: '', err: '' }
  const stdout = { write: (text: string) => (ran.out += text) }
  const stderr = { write: (text: string) => (ran.err += text) }
  const code = await runCli(argv, commands, { env, stdout, stderr })
  return { code, ...ran }
}

const COMMANDS = tableOf(
  echo('start'),
  echo('stop'),
  echo('status'),
  echo('code', { passThrough: true }),
  echo('plain', { options: {} }),
)

describe('the command line', () => {
  it.each([[[]], [['help']], [['--help']], [['-h']]])('shows all commands for %j', async (argv) => {
    const { code, out, err } = await run(argv, COMMANDS)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('does start')
    expect(out).toContain('Examples:')
  })

  it.each([[['help', 'stop']], [['stop', '--help']], [['stop', '-a', '-h']]])(
    'shows one command with its examples for %j',
    async (argv) => {
      const { code, out } = await run(argv, COMMANDS)
      expect(code).toBe(0)
      expect(out).toContain('-a, --all')
      expect(out).toContain('ccr stop --all')
    },
  )

  it('names near commands for an unknown one and exits 2', async () => {
    const { code, out, err } = await run(['strat'], COMMANDS)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain("unknown command 'strat'")
    expect(err).toContain('ccr start')
  })

  it.each(['toString', '__proto__', 'constructor', ''])('takes %j for no command', async (name) =>
    expect((await run([name], COMMANDS)).code).toBe(2),
  )

  it('names near options for an unknown one and exits 2', async () => {
    const { code, err } = await run(['stop', '--al'], COMMANDS)
    expect(code).toBe(2)
    expect(err).toContain("unknown option '--al'")
    expect(err).toContain('--all')
  })

  it.each([
    [['stop', 'extra'], "unexpected argument 'extra'"],
    [['stop', '--all=yes'], 'takes no value'],
    [['stop', '--config'], 'needs a value'],
    [['--config'], 'needs a file'],
    [['--nonsense'], "unknown option '--nonsense'"],
    [['stop', '-x'], "unknown option '-x'"],
  ])('refuses %j', async (argv, message) => {
    const { code, err } = await run(argv, COMMANDS)
    expect(code).toBe(2)
    expect(err).toContain(message)
  })

  it('takes --config before or after the command', async () => {
    const before = await run(['--config', 'a.json', 'stop'], COMMANDS)
    expect(JSON.parse(before.out)).toEqual({ configFile: 'a.json' })
    const joined = await run(['--config=a.json', 'stop'], COMMANDS)
    expect(joined.out).toBe(before.out)
    const after = await run(['stop', '--config', 'a.json', '--all'], COMMANDS)
    expect(JSON.parse(after.out)).toEqual({ config: 'a.json', all: true })
  })

  it('refuses --config for a command that has no session', async () => {
    expect((await run(['--config', 'a.json', 'plain'], COMMANDS)).code).toBe(2)
  })

  it('hands every argument of a pass-through command on, also --help and --config', async () => {
    const argv = ['--', '--help', '--config', 'x', '']
    const { out } = await run(['--config', 'a.json', 'code', ...argv], COMMANDS)
    expect(JSON.parse(out)).toEqual({ configFile: 'a.json', argv })
  })

  it('gives the exit code of the command', async () => {
    const seven = echo('seven', { run: () => Promise.resolve(7) })
    expect((await run(['seven'], tableOf(seven))).code).toBe(7)
  })
})

describe('a failure', () => {
  const failing = (error: unknown) =>
    tableOf(
      echo('fail', {
        run: () => {
          throw error as Error
        },
      }),
    )

  it('with a hint shows message and hint, without a stack', async () => {
    const error = Object.assign(new Error('config.json:1:2: no'), { hint: 'Write a comma.' })
    const { code, err } = await run(['fail'], failing(error))
    expect(code).toBe(1)
    expect(err).toBe('ccr: config.json:1:2: no\nWrite a comma.\n')
  })

  it('gives the exit code it carries', async () => {
    const error = Object.assign(new Error('none'), { hint: '', exitCode: 127 })
    expect((await run(['fail'], failing(error))).code).toBe(127)
  })

  it('that nobody foresaw is one line, and with CCR_DEBUG=1 its stack and causes', async () => {
    const bug = new Error('oops', { cause: new Error('deeper') })
    const short = await run(['fail'], failing(bug))
    expect(short).toMatchObject({ code: 1 })
    expect(short.err).toContain('CCR_DEBUG=1')
    expect(short.err).not.toContain('run.test.ts')
    const long = await run(['fail'], failing(bug), { CCR_DEBUG: '1' })
    expect(long.err).toContain('run.test.ts')
    expect(long.err).toContain('deeper')
  })

  it('may be any thrown thing', async () => {
    expect((await run(['fail'], failing('text'))).err).toContain('text')
  })
})
