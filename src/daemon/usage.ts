/** What a daemon tells the store that all sessions share. */
import type { Config } from '../config/config.ts'
import type { Logger } from '../lib/log.ts'
import { createLedger } from '../store/ledger.ts'
import type { RequestRow } from '../store/ledger.ts'
import { createStore } from '../store/store.ts'

export interface Usage {
  readonly add: (row: RequestRow) => void
  /** What the user should know now. */
  readonly notes: () => readonly string[]
  /** Puts another config into force. */
  follow(config: Config): void
  /** Writes what is left. */
  close(): Promise<void>
}

export interface UsageParts {
  readonly home: string
  readonly log: Logger
  /** Whether no request runs right now. */
  readonly isIdle: () => boolean
}

/** Opens nothing before there is something to write. */
export function keepUsage(first: Config, { home, log, isIdle }: UsageParts): Usage {
  let config = first
  let trouble: string | null = null
  const store = createStore({ home, note: (text) => log.error({}, text) })
  const ledger = createLedger({
    store,
    isIdle,
    keepDays: () => config.usage.keepDays,
    onTrouble(now) {
      if (now === null) log.info({}, 'what requests take is recorded again')
      else log.error({ cause: now }, 'what requests take cannot be recorded')
      trouble = now
    },
  })
  return {
    add(row) {
      if (config.usage.record) ledger.add(row)
    },
    notes() {
      if (trouble === null) return []
      const lost = ledger.lost === 0 ? '' : ` ${String(ledger.lost)} requests are lost to it.`
      return [`What requests take cannot be recorded: ${trouble}.${lost} See: ccr doctor`]
    },
    follow(next) {
      config = next
    },
    close: () => ledger.close(),
  }
}
