/** When V8 optimizes the code that answers requests. */
import { setFlagsFromString } from 'node:v8'

/**
 * V8's flag for it, by the major version of Node. By default most functions are optimized after one to
 * three thousand requests, which many sessions never get; so it is done after some hundred. From
 * Node 24 on V8 has a compiler for that (Maglev). Measured: docs/performance.md.
 */
const FLAGS: Readonly<Record<string, string>> = {
  '20': '--interrupt-budget=30000',
  '22': '--invocation-count-for-turbofan=800',
}

/** A session that has had so many is likely to get hundreds; one with fewer, or none, has nothing to gain. */
const FIRST_REQUESTS = 50

/**
 * A listener of the server's requests that sets the flag. V8 compiles in threads of its own, for which
 * the end of a process waits: one that was just started would end later, with its files still open.
 */
export function optimizeEarly(
  version = process.versions.node,
  setFlag = setFlagsFromString,
): () => void {
  // V8 complains on stderr about a flag that it does not know.
  const flag = FLAGS[version.split('.')[0] ?? '']
  let requests = 0
  return () => {
    requests += 1
    if (requests === FIRST_REQUESTS && flag !== undefined) setFlag(flag)
  }
}
