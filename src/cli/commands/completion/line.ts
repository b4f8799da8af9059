/** Finds the completions at the end of a command line of ccr that is being typed. */
import type { Command, CommandTable, Options, OptionSpec, ValueKind } from '../../command.ts'

export interface Completion {
  readonly value: string
  /** A description on one line; '' if the value needs none. */
  readonly summary: string
}

export interface Completions {
  readonly found: readonly Completion[]
  /** Whether a path is possible too. */
  readonly paths: boolean
}

/** A position in a command line, for lists that depend on what comes before it. */
export interface Position {
  /** The part of the word that is already typed. */
  readonly word: string
  /** The words before it, without options. */
  readonly before: readonly string[]
  /** The values of the options before it, by name. */
  readonly values: ReadonlyMap<string, string>
}

/** Returns a list: the values that start with the word, and possibly others. */
export type LookUp = (kind: ValueKind, position: Position) => Promise<readonly Completion[]>

const NOTHING: Completions = { found: [], paths: false }
const PATHS: Completions = { found: [], paths: true }

const completion = (value: string, summary = ''): Completion => ({ value, summary })

/** `words`: the words after `ccr`, without quotes; the last one is being typed. */
export async function completeLine(
  words: readonly string[],
  commands: CommandTable,
  lookUp: LookUp,
): Promise<Completions> {
  const { file, rest } = takeConfig(words)
  if (rest === undefined) return PATHS
  const [name = '', ...args] = rest
  const names = (): Promise<Completion[]> => commandNames(commands)
  if (args.length === 0) return starting(name, name.startsWith('-') ? FRONT : await names())
  if (name === 'help') return args.length === 1 ? starting(args[0] ?? '', await names()) : NOTHING
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load === undefined) return NOTHING
  const { command } = await load()
  const inConfig: LookUp = (kind, position) => lookUp(kind, withConfig(position, file))
  return command.passThrough === true
    ? passedOn(args, command.options ?? {}, inConfig)
    : within(args, command, inConfig)
}

/** What may come before the command or instead of it. */
const FRONT = [
  completion('--config', 'use this config file'),
  completion('--help', 'the help of ccr'),
  completion('--version', 'the version of ccr'),
]

async function commandNames(commands: CommandTable): Promise<Completion[]> {
  const loaded = await Promise.all(Object.values(commands).map((load) => load()))
  return [
    ...loaded.map(({ command: { name, summary } }) => completion(name, summary)),
    completion('help', 'the help of a command'),
    completion('version', 'the version of ccr'),
  ]
}

/** Splits off `--config FILE` before the command; no `rest` if the file is being typed. */
function takeConfig(words: readonly string[]): {
  readonly file?: string
  readonly rest?: readonly string[]
} {
  const [first = '', second = '', ...others] = words
  if (first.startsWith('--config=')) {
    return words.length === 1 ? {} : { file: first.slice('--config='.length), rest: words.slice(1) }
  }
  if (first !== '--config' || words.length === 1) return { rest: words }
  return words.length === 2 ? {} : { file: second, rest: others }
}

function withConfig(position: Position, file: string | undefined): Position {
  if (file === undefined || position.values.has('config')) return position
  return { ...position, values: new Map([...position.values, ['config', file]]) }
}

function starting(word: string, all: readonly Completion[], paths = false): Completions {
  return { found: all.filter(({ value }) => value.startsWith(word)), paths }
}

/** Completes the first option and its value; the rest belongs to another program. */
async function passedOn(
  args: readonly string[],
  options: Options,
  lookUp: LookUp,
): Promise<Completions> {
  const [first = '', second = ''] = args
  const position = { word: first, before: [], values: new Map<string, string>() }
  if (args.length === 1) return first.startsWith('-') ? optionAt(position, options, lookUp) : PATHS
  const name = args.length === 2 ? takesValue(first, options) : undefined
  const spec = name === undefined ? undefined : options[name]
  return spec === undefined ? PATHS : valuesOf(spec, { ...position, word: second }, lookUp)
}

async function within(
  args: readonly string[],
  command: Command,
  lookUp: LookUp,
): Promise<Completions> {
  const options = { ...command.options, help: HELP }
  const { before, values, waiting, isOver } = read(args.slice(0, -1), options)
  const word = args.at(-1) ?? ''
  const position: Position = { word, before, values }
  if (waiting !== undefined) return valuesOf(waiting, position, lookUp)
  if (!isOver && word.startsWith('-')) return optionAt(position, options, lookUp)
  return wordAt(position, command, lookUp)
}

const HELP = { type: 'boolean', short: 'h', summary: 'the help of this command' } as const

interface Read {
  readonly before: readonly string[]
  readonly values: ReadonlyMap<string, string>
  /** The option whose value comes next. */
  readonly waiting: OptionSpec | undefined
  /** True after `--`. */
  readonly isOver: boolean
}

function read(words: readonly string[], options: Options): Read {
  const before: string[] = []
  const values = new Map<string, string>()
  let waiting: string | undefined
  const end = words.indexOf('--')
  for (const word of end === -1 ? words : words.slice(0, end)) {
    if (waiting !== undefined) {
      values.set(waiting, word)
      waiting = undefined
    } else if (!word.startsWith('-')) before.push(word)
    else {
      const [, name = '', value] = /^--([^=]+)=(.*)$/s.exec(word) ?? []
      if (value !== undefined) values.set(name, value)
      else waiting = takesValue(word, options)
    }
  }
  if (end !== -1) before.push(...words.slice(end + 1))
  const spec = waiting === undefined || end !== -1 ? undefined : options[waiting]
  return { before, values, waiting: spec, isOver: end !== -1 }
}

/** The name of the option, if it expects a value. */
function takesValue(word: string, options: Options): string | undefined {
  const found = Object.entries(options).find(
    ([name, { short }]) => word === `--${name}` || (short !== undefined && word === `-${short}`),
  )
  return found?.[1].type === 'string' ? found[0] : undefined
}

async function optionAt(
  position: Position,
  options: Options,
  lookUp: LookUp,
): Promise<Completions> {
  const { word } = position
  const [, name = '', value] = /^--([^=]+)=(.*)$/s.exec(word) ?? []
  if (value === undefined) return starting(word, flags(options))
  const spec = Object.hasOwn(options, name) ? options[name] : undefined
  if (spec === undefined || spec.type === 'boolean') return NOTHING
  return prefixed(`--${name}=`, await valuesOf(spec, { ...position, word: value }, lookUp))
}

function prefixed(head: string, { found, paths }: Completions): Completions {
  return { found: found.map((one) => ({ ...one, value: head + one.value })), paths }
}

function flags(options: Options): Completion[] {
  return Object.entries(options).map(([name, { summary }]) => completion(`--${name}`, summary))
}

async function valuesOf(
  spec: OptionSpec,
  position: Position,
  lookUp: LookUp,
): Promise<Completions> {
  if (spec.choices !== undefined) {
    return starting(
      position.word,
      spec.choices.map((choice) => completion(choice)),
    )
  }
  if (spec.completes !== undefined) {
    return starting(position.word, await lookUp(spec.completes, position))
  }
  return spec.value === 'FILE' || spec.value === 'COMMAND' ? PATHS : NOTHING
}

/** Completes an argument by its position among the arguments. */
async function wordAt(position: Position, command: Command, lookUp: LookUp): Promise<Completions> {
  const { word, before } = position
  const words = before.length === 0 ? (command.words ?? []) : []
  const kind = kindAt(position, command)
  const listed = kind === undefined ? [] : await lookUp(kind, position)
  const found = [...words.map((one) => completion(one)), ...listed]
  // If no argument is possible, offer the options.
  if (kind === undefined && words.length === 0 && word === '') {
    return starting('', flags({ ...command.options, help: HELP }))
  }
  return starting(word, found, kind === 'paths' || kind === 'presets')
}

function kindAt({ before }: Position, { completes = {} }: Command): ValueKind | undefined {
  const [first] = before
  if (first !== undefined && Object.hasOwn(completes, first)) {
    return completes[first]?.[before.length - 1]
  }
  return completes['']?.[before.length]
}
