/**
 * Which variables of an environment ccr itself has set for a claude of some session, so that they
 * do not pass for the user's in the next one: `eval "$(ccr env)"`, or a shell that claude runs.
 */
import { createHash } from 'node:crypto'
import type { Env } from '../lib/env.ts'

/**
 * `NAME=DIGEST,NAME+=DIGEST`: what was set, and to what, so that a later change counts as the
 * user's; or which lines were added to the user's value.
 */
export const SET_VARIABLES = 'CCR_SET_VARIABLES'

/** The value of `CCR_SET_VARIABLES` for what is set over `before`. */
export function setVariablesMark(set: Readonly<Record<string, string>>, before: Env = {}): string {
  return Object.entries(set)
    .map(([name, value]) => {
      const theirs = before[name]
      return theirs && value.startsWith(`${theirs}\n`)
        ? `${name}+=${digestOf(value.slice(theirs.length + 1))}`
        : `${name}=${digestOf(value)}`
    })
    .join(',')
}

/** A variable with the value that it had without ccr, or, null, one that was not set. */
export type Undone = readonly [name: string, value: string | null]

/** The changes that remove from an environment what ccr has set and has not been changed since, including the mark. */
export function undoneVariables(env: Env): Undone[] {
  const mark = env[SET_VARIABLES]
  if (mark === undefined) return []
  return [...mark.split(',').flatMap((entry) => undone(entry, env)), [SET_VARIABLES, null]]
}

function undone(entry: string, env: Env): Undone[] {
  const [, name = '', added, digest] = /^([^+=]+)(\+?)=(\w+)$/.exec(entry) ?? []
  const value = Object.hasOwn(env, name) ? env[name] : undefined
  if (value === undefined) return []
  if (added === '') return digestOf(value) === digest ? [[name, null]] : []
  const lines = value.split('\n')
  const others = lines.filter((line) => digestOf(line) !== digest)
  return others.length === lines.length ? [] : [[name, others.join('\n')]]
}

/** The names of the variables that ccr has set and that have not been changed since, including the mark. */
export function namesSetByCcr(env: Env): string[] {
  return undoneVariables(env).map(([name]) => name)
}

/** The environment without what ccr has set in it. */
export function withoutSetVariables(env: Env): Env {
  const changes = new Map(undoneVariables(env))
  if (changes.size === 0) return env
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => {
      const before = changes.get(name)
      if (before === undefined) return [[name, value]]
      return before === null ? [] : [[name, before]]
    }),
  )
}

/** Long enough to notice a change, too short to reveal a token. */
function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 8)
}
