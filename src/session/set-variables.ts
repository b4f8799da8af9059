/**
 * Which variables of an environment ccr itself has set for a claude of some session, so that they
 * do not pass for the user's in the next one: `eval "$(ccr env)"`, or a shell that claude runs.
 */
import { createHash } from 'node:crypto'
import type { Env } from './identity.ts'

/** `NAME=DIGEST,NAME=DIGEST`: what was set, and to what, so that a later change counts as the user's. */
export const SET_VARIABLES = 'CCR_SET_VARIABLES'

/** The value of `CCR_SET_VARIABLES` for what is set. */
export function setVariablesMark(set: Readonly<Record<string, string>>): string {
  return Object.entries(set)
    .map(([name, value]) => `${name}=${digestOf(value)}`)
    .join(',')
}

/** The names of what ccr has set and nobody has changed since, the mark itself included. */
export function namesSetByCcr(env: Env): string[] {
  const mark = env[SET_VARIABLES]
  if (mark === undefined) return []
  const set = mark.split(',').flatMap((entry) => {
    const [name = '', digest] = entry.split('=')
    const value = env[name]
    return value !== undefined && digestOf(value) === digest ? [name] : []
  })
  return [...set, SET_VARIABLES]
}

/** The environment without what ccr has set in it. */
export function withoutSetVariables(env: Env): Env {
  const set = new Set(namesSetByCcr(env))
  if (set.size === 0) return env
  return Object.fromEntries(Object.entries(env).filter(([name]) => !set.has(name)))
}

/** Enough to notice a change; of a token it tells nothing. */
function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 8)
}
