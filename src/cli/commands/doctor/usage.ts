/** Check of the usage database. */
/** Check of the usage database. */
import { counted } from '../../../lib/counted.ts'
import { replacedFiles } from '../../../store/database-file.ts'
import { loadDriver } from '../../../store/sqlite.ts'
import { createStore, hasDatabase } from '../../../store/store.ts'
import { firstRequest, usageOf } from '../../../store/usage.ts'
import { UserError } from '../../../lib/user-error.ts'
import { area, type Check } from './check.ts'

/** Checks whether usage can be recorded. */
export async function usageChecks(home: string): Promise<Check[]> {
  const usage = area('usage')
  const kept = replacedFiles(home).map((file) =>
    usage('note', `${file} was damaged and has been replaced`, 'Delete it if you do not need it.'),
  )
  const store = createStore({ home })
  try {
    if (!hasDatabase(home)) {
      if ((await loadDriver()) !== null) return kept
      return [usage('warning', NO_SQLITE, 'Node 22.13 and newer include it.'), ...kept]
    }
    const { requests, since } = await store.read((db) => ({
      requests: usageOf(db, { since: 0, until: Infinity }).requests,
      since: firstRequest(db),
    }))
    const from = since === null ? '' : ` since ${new Date(since).toISOString().slice(0, 10)}`
    return [usage('ok', `${counted(requests, 'request')} in usage.db${from}`), ...kept]
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown
    return [usage('warning', `${thrown.message}: usage and budgets are off`, thrown.hint), ...kept]
  } finally {
    store.close()
  }
}

const NO_SQLITE =
  'SQLite is not available (neither in this Node nor the one built into ccr): usage and budgets are off'
