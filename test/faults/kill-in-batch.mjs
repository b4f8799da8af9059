/**
 * Loaded into a daemon with NODE_OPTIONS=--import: gives it the SQLite of killing-sqlite.mjs in the
 * place of the real one. In the thread of the module hooks this file is the hook.
 */
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

if (isMainThread && process.env.FAULTS_POINT && process.argv.includes('__daemon')) {
  register(import.meta.url)
}

const KILLING = new URL('killing-sqlite.mjs', import.meta.url).href

/** Node's own, the package, and the package as it comes within ccr. */
const SQLITE = /^(node:sqlite|@photostructure\/sqlite|.*\/sqlite\/lib\/index\.cjs)$/

export async function resolve(name, context, next) {
  if (!SQLITE.test(name) || context.parentURL?.startsWith(KILLING)) return next(name, context)
  const { url } = await next(name, context)
  return { url: `${KILLING}?${url}`, shortCircuit: true }
}
