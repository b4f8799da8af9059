/** All errors and warnings of a config file, as `ccr config check` and `ccr doctor` show them. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigError } from '../config-error.ts'
import type { Config } from '../config.ts'
import type { Env } from '../../lib/env.ts'
import { loadConfig } from '../load.ts'

/** One thing that is wrong with a config, or worth telling. */
export interface Finding {
  /** Both count from 1; null when the whole file is meant. */
  readonly line: number | null
  readonly column: number | null
  /** What was found and what was expected; may have more lines that show the place. */
  readonly message: string
  /** A warning with which `ccr config check` fails. */
  readonly isMistake?: true
}

export interface Report {
  readonly file: string
  readonly exists: boolean
  /** Null when there are errors. */
  readonly config: Config | null
  readonly errors: readonly Finding[]
  readonly warnings: readonly Finding[]
  /** What to type or write next; '' when nothing is wrong. */
  readonly hint: string
}

/** Everything that is to be said of the config in `file`. Throws nothing for a broken one. */
export function reportOn(file: string, env: Env): Report {
  const path = resolve(file)
  try {
    const config = loadConfig(path, env)
    const warnings = config.warnings.flatMap((text) => warningsIn(path, text, config.mistakes))
    return { file: path, exists: true, config, errors: [], warnings, hint: '' }
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown
    const errors = findings(path, thrown.message)
    const { hint } = thrown
    return { file: path, exists: existsSync(path), config: null, errors, warnings: [], hint }
  }
}

function warningsIn(file: string, text: string, mistakes: readonly string[]): Finding[] {
  const found = findings(file, text)
  if (!mistakes.includes(text)) return found
  return found.map((finding): Finding => ({ ...finding, isMistake: true }))
}

/** A finding begins with each line `FILE:LINE:COL: `; lines without belong to the one before. */
function findings(file: string, text: string): Finding[] {
  const found: Finding[] = []
  for (const line of text.split('\n')) {
    const placed = line.startsWith(`${file}:`)
      ? /^:(\d+):(\d+): (.*)$/.exec(line.slice(file.length))
      : null
    const last = found.at(-1)
    if (placed) {
      const [, row, column, message = ''] = placed
      found.push({ line: Number(row), column: Number(column), message })
    } else if (last) {
      found[found.length - 1] = { ...last, message: `${last.message}\n${line}` }
    } else {
      found.push({ line: null, column: null, message: line })
    }
  }
  return found
}
