/**
 * Calls the user's code under a time limit, and gives it a logger. The code runs in the caller's
 * thread: a call that only waits can be given up, one that keeps the processor busy cannot.
 */
import type { Logger } from '../lib/log.ts'

/** How a call ended: with a value, which may be undefined, or with the reason of a failure, already logged. */
export type Outcome<T> = { readonly value: T } | { readonly failed: string }

export interface UserCall {
  /** What is called, for the log: `custom router /home/…/router.js`. */
  readonly name: string
  readonly limitMs: number
  readonly log: Logger
  /** What a failure means, for the log. */
  readonly consequence: string
}

/** The user's code failed; the message says which part and why. The failure is already logged. */
export class UserCodeError extends Error {
  override readonly name = 'UserCodeError'
}

/** The consequence of a failed custom router: the routing rules decide. */
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

/** The log's field for what user code writes: with the code's name, or `true` for what it prints. */
export const USER_CODE_FIELD = 'own'

type LogMethod = (...args: readonly unknown[]) => void
const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type UserLog = Readonly<Record<(typeof LEVELS)[number] | 'trace' | 'fatal', LogMethod>>

/** The logger that user code gets: each method takes fields and a text, or a text alone. */
export function userLog(log: Logger, name: string): UserLog {
  const logAt =
    (level: (typeof LEVELS)[number]): LogMethod =>
    (...args) => {
      const texts = args.filter((arg) => typeof arg !== 'object').map(String)
      const fields = args.filter((arg) => typeof arg === 'object' && arg !== null)
      log[level](
        { [USER_CODE_FIELD]: name, ...(fields.length === 0 ? {} : { fields }) },
        texts.join(' '),
      )
    }
  const [debug, info, warn, error] = LEVELS.map(logAt) as [
    LogMethod,
    LogMethod,
    LogMethod,
    LogMethod,
  ]
  return { debug, info, warn, error, trace: debug, fatal: error }
}
