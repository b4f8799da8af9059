/** The cost of a conversation, for the status line. */
/** The cost of a conversation, for the status line. */
import { homeFolder } from '../../../session/identity.ts'
import type { Env } from '../../../lib/env.ts'
import { createStore, hasDatabase } from '../../../store/store.ts'
import { conversationUsage } from '../../../store/usage.ts'

/** The status line is drawn often, so it does not wait long for the database. */
const LIMIT_MS = 200

/** `$0.26`, or `$0.26+` if part of it has no known price; '' if unknown. */
export async function conversationCost(conversation: string, env: Env): Promise<string> {
  const home = homeFolder(env)
  if (conversation === '') return ''
  const store = createStore({ home })
  try {
    if (!hasDatabase(home)) return ''
    const { cost, unpriced } = await store.read(
      (db) => conversationUsage(db, conversation),
      LIMIT_MS,
    )
    return cost === null ? '' : `$${cost.toFixed(2)}${unpriced > 0 ? '+' : ''}`
  } catch {
    return ''
  } finally {
    store.close()
  }
}
