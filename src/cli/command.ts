/** The command interface of `ccr` and the parser of its options. Imports nothing that slows the start. */
import { parseArgs } from 'node:util'
import { UserError } from '../lib/user-error.ts'

/** An output stream: the part of `process.stdout` and `process.stderr` that commands use. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  /** Width of the terminal in characters. */
  readonly columns?: number | undefined
  /** Height of the terminal in lines. */
  readonly rows?: number | undefined
  /** Calls the listener when the size of the terminal changes. */
  on?(event: 'resize', listener: () => void): unknown
  off?(event: 'resize', listener: () => void): unknown
  /** Marks a control sequence as written by ccr (see safe-output.ts). Absent on a stream that passes everything. */
  control?(sequence: string): string
}

/**
 * The environment and the output streams of a command, which a test can replace. Standard input, the
 * working directory and signals are used from `process` directly.
 */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Output
  readonly stderr: Output
  /** The file of `--config FILE` if it was given before the command. */
  readonly configFile?: string
}

/** What a shell completes from the user's config, sessions and runs (see completion/values.ts). */
export type ValueKind =
  | 'preferences'
  | 'scenarios'
  | 'names'
  | 'providers'
  | 'known-providers'
  | 'runs'
  /** The letters of the models of a run. */
  | 'letters'
  /** Names of presets, and paths. */
  | 'presets'
  | 'paths'

export interface OptionSpec {
  readonly type: 'boolean' | 'string'
  readonly short?: string
  /**
   * The name of the value in the help, such as `FILE`; `VALUE` if absent. `FILE` and `COMMAND` are
   * completed as paths.
   */
  readonly value?: string
  /** True if the option may be repeated; its value is then an array. */
  readonly multiple?: boolean
  /** The list that its value is completed from. */
  readonly completes?: ValueKind
  /** All values, if there is a fixed set of them. */
  readonly choices?: readonly string[]
  readonly summary: string
}

export type Options = Readonly<Record<string, OptionSpec>>

export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** The synopsis, such as `ccr stop [--all] [--force]`. */
  readonly usage: string
  readonly options?: Options
  /** Subcommands, for completion: `check`, `path`. */
  readonly words?: readonly string[]
  /**
   * The lists that the arguments of each subcommand are completed from, by position; under '' those of
   * the command itself.
   */
  readonly completes?: Readonly<Record<string, readonly ValueKind[]>>
  /** Paragraphs for `ccr help COMMAND`, between the options and the examples. */
  readonly details?: readonly string[]
  readonly examples: readonly string[]
  /** True if the arguments belong to another program (`code`): no `--help`, no suggestions. */
  readonly passThrough?: boolean
  /** Runs the command and returns the exit code. */
  run(argv: readonly string[], io: Io): Promise<number>
}

/** The commands by name, each loaded on demand. */
export type CommandTable = Readonly<Record<string, () => Promise<{ readonly command: Command }>>>

/** The `--config` option of commands that act on a session (see client/command-context.ts). */
export const CONFIG_OPTION = {
  config: {
    type: 'string',
    value: 'FILE',
    summary: 'use this config file, with its own set of sessions',
  },
} as const satisfies Options

/** The command line is wrong: exit code 2. `hint` says what to type instead. */
export class UsageError extends UserError {
  override readonly name = 'UsageError'
  readonly exitCode = 2
}

export type Values<O extends Options> = {
  readonly [K in keyof O]?: O[K]['type'] extends 'boolean'
    ? boolean
    : O[K]['multiple'] extends true
      ? readonly string[]
      : string
}

/**
 * Parses a command line without positional arguments. Throws UsageError for an unknown option (with
 * suggestions), a missing or unexpected value, or any positional argument.
 */
export async function parseOptions<O extends Options>(
  name: string,
  argv: readonly string[],
  options: O,
): Promise<Values<O>> {
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true })
  const values: Record<string, string | boolean | readonly string[]> = {}
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') {
      throw new UsageError(
        `ccr ${name}: unexpected argument '${token.value}'.`,
        `See: ccr help ${name}`,
      )
    }
    const spec = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (!spec) throw await unknownOption(name, token.rawName, options)
    const value = optionValue(`ccr ${name}: ${token.rawName}`, spec, token.value)
    values[token.name] = spec.multiple ? [...listed(values[token.name]), String(value)] : value
  }
  return values as Values<O>
}

function listed(before: string | boolean | readonly string[] | undefined): readonly string[] {
  return Array.isArray(before) ? (before as readonly string[]) : []
}

function optionValue(where: string, spec: OptionSpec, value: string | undefined): string | boolean {
  if (spec.type === 'boolean') {
    if (value === undefined) return true
    throw new UsageError(`${where} takes no value.`, 'Write the option without a value.')
  }
  if (value !== undefined && value !== '') return value
  throw new UsageError(`${where} needs a value.`, `Write: ${where} ${spec.value ?? 'VALUE'}`)
}

async function unknownOption(name: string, given: string, options: Options): Promise<UsageError> {
  const { suggest } = await import('../lib/suggest.ts')
  const near = suggest(
    given,
    [...Object.keys(options), 'help'].map((option) => `--${option}`),
  )
  const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `See: ccr help ${name}`
  return new UsageError(`ccr ${name}: unknown option '${given}'.`, hint)
}
