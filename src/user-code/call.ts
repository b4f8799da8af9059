import type { Logger } from '../lib/log.ts'

/**
 * Calls to the user's own code. It runs in this process, so a call that waits can be left behind,
 * but one that never gives up the processor cannot.
 */

/** How a call ended: with a value (which may be undefined), or with the reason of a failure, which was logged. */
export type Outcome<T> = { readonly value: T } | { readonly failed: string }

export interface UserCall {
  /** What is called, for the log: `custom router /home/…/router.js`. */
  readonly name: string
  readonly limitMs: number
  readonly log: Logger
  /** What a failure means, for the log. */
  readonly consequence: string
}

/** The user's code failed; the message says which part of it, and why. It was logged. */
export class UserCodeError extends Error {
  override readonly name = 'UserCodeError'
}

/** Of a router that fails: the rules decide. */
export const WITHOUT_IT = 'the request goes on without it'

export async function callUserCode<T>(
  { name, limitMs, log, consequence }: UserCall,
  run: () => T | Promise<T>,
): Promise<Outcome<T>> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Outcome<T>>((resolve) => {
    timer = setTimeout(() => {
      const failed = `${name} did not answer within ${String(limitMs / 1000)} s`
      log.warn({ limitMs }, `${failed}; ${consequence}`)
      resolve({ failed })
    }, limitMs)
  })
  const called = (async (): Promise<Outcome<T>> => ({ value: await run() }))().catch(
    (cause: unknown) => {
      const failed = `${name} failed: ${messageOf(cause)}`
      log.warn({ cause }, `${failed}; ${consequence}`)
      return { failed }
    },
  )
  try {
    return await Promise.race([called, late])
  } finally {
    clearTimeout(timer)
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

type Say = (...words: readonly unknown[]) => void
const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type UserLog = Readonly<Record<(typeof LEVELS)[number] | 'trace' | 'fatal', Say>>

/** The logger that own code gets: each method takes fields and a text, or a text alone. */
export function userLog(log: Logger, name: string): UserLog {
  const say =
    (level: (typeof LEVELS)[number]): Say =>
    (...words) => {
      const texts = words.filter((word) => typeof word !== 'object').map(String)
      const fields = words.filter((word) => typeof word === 'object' && word !== null)
      log[level]({ own: name, ...(fields.length === 0 ? {} : { fields }) }, texts.join(' '))
    }
  const [debug, info, warn, error] = LEVELS.map(say) as [Say, Say, Say, Say]
  return { debug, info, warn, error, trace: debug, fatal: error }
}
