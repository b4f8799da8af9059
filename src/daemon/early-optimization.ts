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

/** To be called once the daemon is ready: what only its start runs is not worth it. */
export function optimizeEarly(version = process.versions.node, setFlag = setFlagsFromString): void {
  const flag = FLAGS[version.split('.')[0] ?? '']
  // V8 complains on stderr about a flag that it does not know.
  if (flag !== undefined) setFlag(flag)
}
