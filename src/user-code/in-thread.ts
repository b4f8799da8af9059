/** Runs the user's router and transformers in a worker thread. */
import { MessageChannel } from 'node:worker_threads'
import { version } from '../lib/version.ts'
import { createThreadHost, type ThreadHost } from './thread-host.ts'
import type { ContextRef, TransformerNames } from './thread-messages.ts'
import type { UserCode, UserCodeParts } from './in-process.ts'
import { UserCodeError, WITHOUT_IT } from './call-user-code.ts'
import {
  failingChain,
  missingReason,
  type TransformerChain,
  type UserTransformers,
} from './transformers.ts'
import { receiveBody, sendBody } from './port-stream.ts'

/** User code in a thread: code that blocks, runs out of memory or exits ends this thread only. */
export function createThreadedUserCode(
  file: URL,
  { config, limits, log }: UserCodeParts,
): UserCode {
  let loaded: TransformerNames = { names: [], broken: [] }
  const host = createThreadHost({
    file,
    data: { config, limits, version },
    log,
    onNames: (now) => (loaded = now),
  })
  const { transformers, router } = config.extensions
  const has = (name: string): boolean => loaded.names.includes(name)
  const refresh = async (): Promise<void> => {
    if (transformers.length === 0) return
    const consequence = 'requests that need them fail'
    const call = { name: 'loading custom transformers', limitMs: limits.request, consequence }
    const outcome = await host.ask({ kind: 'names' }, call)
    loaded =
      'value' in outcome
        ? outcome.value
        : { names: [], broken: [{ name: '', why: outcome.failed }] }
  }
  const load = async (): Promise<UserTransformers> => {
    await refresh()
    return {
      refresh,
      names: () => loaded.names,
      has,
      broken: () => loaded.broken,
      chain(used) {
        const chain = (): TransformerChain | undefined => {
          const failed = missingReason(used, has, loaded.broken)
          if (failed !== undefined) return failingChain(failed)
          const use = used.map(({ name }) => name).filter(has)
          return use.length === 0 ? undefined : chainOf(use, host, limits)
        }
        const isBroken = missingReason(used, has, loaded.broken) !== undefined
        return isBroken ? retryingChain(chain, refresh) : chain()
      },
    }
  }
  const call = {
    name: `custom router ${router}`,
    limitMs: limits.router,
    consequence: WITHOUT_IT,
  }
  return {
    transformers: load(),
    choose:
      router === ''
        ? undefined
        : async (question) => {
            const outcome = await host.ask({ kind: 'route', question }, call)
            return 'value' in outcome ? outcome.value : undefined
          },
    close: () => host.close(),
  }
}

/** The chain for a module that could not be loaded: each request tries again, as its file may have been repaired. */
function retryingChain(
  chain: () => TransformerChain | undefined,
  refresh: () => Promise<void>,
): TransformerChain {
  return {
    async request(body, provider, context) {
      await refresh()
      return (await chain()?.request(body, provider, context)) ?? { body, headers: {} }
    },
    response: async (response, context) => (await chain()?.response(response, context)) ?? response,
  }
}

const contexts = new WeakMap<object, number>()
let nextContext = 1

/** The context of an exchange is sent to the thread once; its hooks share it there. */
function refOf(context: object): ContextRef {
  const known = contexts.get(context)
  if (known !== undefined) return { id: known }
  const id = nextContext++
  contexts.set(context, id)
  return { id, context }
}

function chainOf(
  use: readonly string[],
  host: ThreadHost,
  limits: UserCodeParts['limits'],
): TransformerChain {
  const call = { name: `custom transformers ${use.join(', ')}`, consequence: 'the request fails' }
  return {
    async request(body, provider, context) {
      const ask = { kind: 'request', use, body, provider, context: refOf(context) } as const
      // The limit holds for each hook of each transformer, and a request has two hooks.
      const limitMs = limits.request * use.length * 2
      const outcome = await host.ask(ask, { ...call, limitMs })
      if ('failed' in outcome) throw new UserCodeError(outcome.failed)
      return outcome.value
    },
    async response(response, context) {
      const { port1, port2 } = new MessageChannel()
      const body = response.body as ReadableStream<unknown> | null
      sendBody(body, port1)
      const ended = host.flow()
      const ask = {
        kind: 'response',
        use,
        status: response.status,
        headers: [...response.headers],
        port: port2,
        context: refOf(context),
      } as const
      const limitMs = limits.response * use.length
      const outcome = await host.ask(ask, { ...call, limitMs, transfer: [port2] })
      if ('failed' in outcome) {
        ended()
        throw new UserCodeError(outcome.failed)
      }
      const { status, headers: list, port } = outcome.value
      const headers = list.map(([key, value]): [string, string] => [key, value])
      return new Response(receiveBody(port, ended), { status, headers })
    },
  }
}
