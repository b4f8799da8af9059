/** Records what requests take in the store that all sessions share, and keeps the budgets. */
import { counted } from '../lib/counted.ts'
import type { Config } from '../config/config.ts'
import { createBudgetGuard, type BudgetGuard } from '../budget/budget-guard.ts'
import type { Logger } from '../lib/log.ts'
import { createLedger, type RequestRow } from '../store/ledger.ts'
import { createStore, type Store } from '../store/store.ts'
import { chargedFor, modelsOf } from '../store/usage.ts'

export interface Usage {
  readonly store: Store
  readonly add: (row: RequestRow) => void
  /** The guard of the config's budgets; undefined without any. */
  readonly budgetGuard: () => BudgetGuard | undefined
  /** Never throws. */
  readonly charged: (conversation: string) => Promise<ConversationCost>
  /** What the user should know now. */
  readonly notes: () => readonly string[]
  /** Puts another config into force. */
  follow(config: Config): void
  /** Writes what is left. */
  close(): Promise<void>
}

/** What the ledger has of a conversation. */
export interface ConversationCost {
  /** What providers say that it cost, USD; null where they said nothing. */
  readonly usd: number | null
  /** `provider,model` of those that answered, the one with the most requests first. */
  readonly models: readonly string[]
}

export interface UsageParts {
  readonly home: string
  readonly session: { readonly id: string; readonly preference: string }
  readonly log: Logger
  /** Whether no request runs right now. */
  readonly isIdle: () => boolean
}

/** Opens nothing before there is something to write. */
export function keepUsage(first: Config, { home, session, log, isIdle }: UsageParts): Usage {
  let config = first
  let trouble: string | null = null
  const store = createStore({ home, note: (text) => log.error({}, text) })
  const open = ({ budgets }: Config): BudgetGuard[] =>
    budgets.length === 0 ? [] : [createBudgetGuard({ budgets, session, store, log })]
  /** The last one is in force, if the config has budgets; the others have requests that run. */
  let guards = open(first)
  const current = (): BudgetGuard | undefined =>
    config.budgets.length === 0 ? undefined : guards.at(-1)
  const closeUnneeded = (): void => {
    const kept = current()
    const over = guards.filter((guard) => guard !== kept && !guard.isNeeded())
    if (over.length === 0) return
    guards = guards.filter((guard) => !over.includes(guard))
    for (const guard of over) void guard.close()
  }
  const ledger = createLedger({
    store,
    isIdle,
    during: (db, rows) => guards.forEach((guard) => guard.during(db, rows)),
    written(rows) {
      guards.forEach((guard) => guard.written(rows))
      closeUnneeded()
    },
    keepDays: () => config.usage.keepDays,
    onTrouble(now) {
      if (now === null) log.info({}, 'what requests take is recorded again')
      else log.error({ cause: now }, 'what requests take cannot be recorded')
      trouble = now
    },
  })
  return {
    store,
    add(row) {
      // What is not recorded cannot be held against a budget, also one that is no more.
      if (config.usage.record || guards.length > 0) ledger.add(row)
    },
    budgetGuard: current,
    async charged(conversation) {
      await ledger.flush()
      // What came while an earlier batch was being written.
      if (ledger.pending > 0) await ledger.flush()
      return store
        .read((db) => ({
          usd: chargedFor(db, conversation),
          models: modelsOf(db, conversation),
        }))
        .catch(() => ({ usd: null, models: [] }))
    },
    notes() {
      const kept = current()?.notes() ?? []
      if (trouble === null) return kept
      const verb = ledger.lost === 1 ? 'is' : 'are'
      const lost =
        ledger.lost === 0 ? '' : ` ${counted(ledger.lost, 'request')} ${verb} lost to it.`
      return [`What requests take cannot be recorded: ${trouble}.${lost} See: ccr doctor`, ...kept]
    },
    follow(next) {
      const isChanged = JSON.stringify(config.budgets) !== JSON.stringify(next.budgets)
      if (isChanged) guards = [...guards, ...open(next)]
      config = next
      closeUnneeded()
    },
    async close() {
      await ledger.flush()
      await Promise.all(guards.map((guard) => guard.close()))
      await ledger.close()
    },
  }
}
