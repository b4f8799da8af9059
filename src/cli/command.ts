/** What a command of `ccr` is, and how its options are read. Imports nothing that costs start time. */
import { parseArgs } from 'node:util'
import { UserError } from '../lib/user-error.ts'

/** A stream to write to: what commands need of `process.stdout` and `process.stderr`. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  /** Width of the terminal in characters. */
  readonly columns?: number | undefined
  /** Its height in lines. */
  readonly rows?: number | undefined
  /** Told when the terminal has another size. */
  on?(event: 'resize', listener: () => void): unknown
  off?(event: 'resize', listener: () => void): unknown
  /** Marks a control sequence as ccr's own (see safe-output.ts); absent on a stream that takes all. */
  control?(sequence: string): string
}

/** Everything a command touches of its process, so that a test can hand in its own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Output
  readonly stderr: Output
  /** The file of a `--config FILE` that stood before the command. */
  readonly configFile?: string
}

/** Lists that are completed from the config, the sessions and the runs of the user (completion/values.ts). */
export type ValueKind =
  | 'preferences'
  | 'scenarios'
  | 'names'
  | 'providers'
  | 'known-providers'
  | 'runs'
  /** The models of a run. */
  | 'letters'
  /** Their names, and paths. */
  | 'presets'
  | 'paths'

export interface OptionSpec {
  readonly type: 'boolean' | 'string'
  readonly short?: string
  /**
   * The name of the value in the help, e.g. `FILE`; `VALUE` when absent. `FILE` and `COMMAND` are
   * completed as paths.
   */
  readonly value?: string
  /** True for one that may be given several times; its value is then an array. */
  readonly multiple?: boolean
  /** What its value may be, for completion. */
  readonly completes?: ValueKind
  /** The same, where these are all. */
  readonly choices?: readonly string[]
  readonly summary: string
}

export type Options = Readonly<Record<string, OptionSpec>>

export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** The synopsis, e.g. `ccr stop [--all] [--force]`. */
  readonly usage: string
  readonly options?: Options
  /** Words that it takes in first place, for completion: `check`, `path`. */
  readonly words?: readonly string[]
  /**
   * What may stand behind each of these words, place by place, for completion; under '' what may stand
   * in first place.
   */
  readonly completes?: Readonly<Record<string, readonly ValueKind[]>>
  /** Paragraphs for `ccr help COMMAND`, between the options and the examples. */
  readonly details?: readonly string[]
  readonly examples: readonly string[]
  /** True when every argument belongs to someone else (`code`): no `--help`, no near matches. */
  readonly passThrough?: boolean
  /** Runs the command; gives the exit code. */
  run(argv: readonly string[], io: Io): Promise<number>
}

/** Loads commands on demand: name -> its module. */
export type CommandTable = Readonly<Record<string, () => Promise<{ readonly command: Command }>>>

/** Commands that act on a session take `--config`: `values.config ?? io.configFile`. */
export const CONFIG_OPTION = {
  config: {
    type: 'string',
    value: 'FILE',
    summary: 'use this config file (its sessions are its own)',
  },
} as const satisfies Options

/** The command line was wrong: exit code 2. `hint` says what to type instead. */
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
 * The options of a command line without positional arguments. Throws UsageError for an unknown
 * option (with near matches), a missing or superfluous value, and any positional argument.
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
    throw new UsageError(`${where} takes no value.`, 'Write the option alone.')
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
