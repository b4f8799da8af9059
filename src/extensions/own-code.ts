import type { Logger } from '../lib/log.ts'

/**
 * Calls to the user's own code. It runs in this process, so a call that waits can be left behind,
 * but one that never gives up the processor cannot.
 */

/** How a call ended: with a value (which may be undefined), or with a failure that was logged. */
export type Outcome<T> = { readonly value: T } | { readonly failed: true }

export interface OwnCall {
  /** What is called, for the log: `custom router /home/…/router.js`. */
  readonly name: string
  readonly limitMs: number
  readonly log: Logger
}

export async function callOwn<T>(
  { name, limitMs, log }: OwnCall,
  run: () => T | Promise<T>,
): Promise<Outcome<T>> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Outcome<T>>((resolve) => {
    timer = setTimeout(() => {
      log.warn({ limitMs }, `${name} did not answer in time; the request goes on without it`)
      resolve({ failed: true })
    }, limitMs)
  })
  const called = (async (): Promise<Outcome<T>> => ({ value: await run() }))().catch(
    (cause: unknown) => {
      log.warn({ cause }, `${name} failed: ${said(cause)}; the request goes on without it`)
      return { failed: true as const }
    },
  )
  try {
    return await Promise.race([called, late])
  } finally {
    clearTimeout(timer)
  }
}

function said(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

type Say = (...words: readonly unknown[]) => void
const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type OwnLog = Readonly<Record<(typeof LEVELS)[number] | 'trace' | 'fatal', Say>>

/** The logger that own code gets: each method takes fields and a text, or a text alone. */
export function ownLog(log: Logger, name: string): OwnLog {
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
