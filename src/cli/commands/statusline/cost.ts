import { type Env, homeFolder } from '../../../session/identity.ts'
import { createStore, hasDatabase } from '../../../store/store.ts'
import { conversationUsage } from '../../../store/usage.ts'

/** The line is drawn often: it does not wait for others for long. */
const LIMIT_MS = 200

/** `$0.26`, `$0.26+` when some of it has no known price; '' when nothing is known. */
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
