/** Reads the text of a config file and parses it, with errors that name the place. */
import { readFileSync } from 'node:fs'
import JSON5 from 'json5'
import { isTooDeep, MOST_LEVELS } from '../../lib/depth.ts'
import { decoded } from '../../lib/encoding.ts'
import { fileFault } from '../../lib/file-fault.ts'
import { ConfigError } from '../config-error.ts'
import { excerpt } from './excerpt.ts'
import { outline, type Location, locationOf, Json5SyntaxError } from './json5-locations.ts'

/** A whole config that works as soon as its key is set: what to start from. */
export const STARTING_EXAMPLE = `{
  "Providers": [
    {
      "name": "openrouter",
      "api_base_url": "https://openrouter.ai/api/v1/chat/completions",
      "api_key": "\${OPENROUTER_API_KEY}",
      "models": ["openai/gpt-4o", "anthropic/claude-sonnet-4"]
    }
  ],
  "Router": { "default": "openrouter,openai/gpt-4o" }
}`

const INIT = 'ccr init writes one from the keys and local servers that are there.'

const WITHOUT_CONFIG = 'The built-in demo needs no config: ccr code --pref demo,demo-a'

/** The text of the file, without a byte order mark. Throws `ConfigError`. */
export function readSource(file: string): string {
  return decoded(readBytes(file))
}

/** The file as it is. Throws `ConfigError`. */
export function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (error) {
    throw unreadable(file, error)
  }
}

/** Why a config file cannot be read, and what to do about it. */
export function unreadable(file: string, cause: unknown): ConfigError {
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? 'unknown error'
  const knownFailures: Readonly<Record<string, { what: string; hint: string }>> = {
    ENOENT: {
      what: `there is no config at ${file}`,
      hint: `${INIT} Or by hand, for example:\n\n${STARTING_EXAMPLE}\n\n${WITHOUT_CONFIG}`,
    },
    EISDIR: {
      what: `${file}: this is a directory; expected a config file`,
      hint: 'Name the file itself, such as config.json in that directory.',
    },
    EACCES: {
      what: `${file}: no permission to read the config`,
      hint: fileFault('read', file, cause).hint,
    },
  }
  const known = knownFailures[code === 'EPERM' ? 'EACCES' : code]
  const what = known?.what ?? `${file}: the config cannot be read (${code})`
  const hint = known?.hint ?? fileFault('read', file, cause).hint
  return new ConfigError(what, { file, hint, cause })
}

/** The value written in the JSON5 text. Throws `ConfigError` at the place where it breaks. */
export function parseSource(file: string, source: string): unknown {
  if (source.trim() === '') {
    const hint = `Write ${file}, for example:\n\n${STARTING_EXAMPLE}`
    throw new ConfigError(`${file}:1:1: the file is empty; expected an object: { … }`, {
      ...{ file, line: 1, column: 1 },
      hint,
    })
  }
  const value = valueIn(file, source)
  if (!isTooDeep(value)) return value
  const what = `${file}: objects and lists are nested in more than ${MOST_LEVELS} levels`
  throw new ConfigError(what, { file, hint: `Correct ${file}: a config has a few levels.` })
}

function valueIn(file: string, source: string): unknown {
  try {
    return JSON5.parse<unknown>(source)
  } catch (error) {
    throw syntaxError(file, source, error)
  }
}

function syntaxError(file: string, source: string, thrown: unknown): ConfigError {
  const { offset, location, what } = whereItBreaks(source, thrown)
  const head = `${file}:${location.line}:${location.column}: ${what}`
  const before = locationOf(source, source.slice(0, offset).trimEnd().length)
  const comma = what.includes("expected ','") && before.line < location.line
  const hint = comma
    ? `A comma may be missing at the end of line ${before.line} of ${file}.`
    : `Correct line ${location.line} of ${file}; JSON with comments and trailing commas is read.`
  return new ConfigError(`${head}\n${excerpt(source, location)}`, { file, ...location, hint })
}

interface Break {
  readonly offset: number
  readonly location: Location
  readonly what: string
}

/** Our own scanner says what was expected; where it finds nothing, json5's word is taken. */
function whereItBreaks(source: string, thrown: unknown): Break {
  try {
    outline(source)
  } catch (error) {
    if (!(error instanceof Json5SyntaxError)) throw error
    return { offset: error.offset, location: locationOf(source, error.offset), what: error.message }
  }
  const at = thrown as { lineNumber?: number; columnNumber?: number }
  const location = { line: at.lineNumber ?? 1, column: at.columnNumber ?? 1 }
  return { offset: 0, location, what: 'this is not valid JSON; expected another character here' }
}
