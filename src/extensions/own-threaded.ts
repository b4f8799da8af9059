import { MessageChannel } from 'node:worker_threads'
import { version } from '../lib/version.ts'
import { GatewayError } from '../messages/error.ts'
import { createHost } from './host.ts'
import type { Host } from './host.ts'
import type { ContextRef } from './messages.ts'
import type { Own, OwnParts } from './own.ts'
import type { OwnChain, OwnTransformers } from './own-transformers.ts'
import { bodyFrom, giveBody } from './port-stream.ts'

/** Own code in a thread of its own: one that blocks, runs out of memory or exits ends that thread only. */
export function createThreadedOwn(file: URL, { config, limits, log }: OwnParts): Own {
  let names: readonly string[] = []
  const host = createHost({
    file,
    data: { config, limits, version },
    log,
    onNames: (now) => (names = now),
  })
  const { transformers, router } = config.extensions
  const load = async (): Promise<OwnTransformers> => {
    const call = { name: 'loading own transformers', limitMs: limits.request }
    if (transformers.length > 0) names = (await host.ask({ kind: 'names' }, call)) ?? []
    return {
      refresh: () => Promise.resolve(),
      names: () => names,
      has: (name) => names.includes(name),
      chain(used) {
        const use = used.map(({ name }) => name).filter((name) => names.includes(name))
        return use.length === 0 ? undefined : chainOf(use, host, limits)
      },
    }
  }
  const call = { name: `custom router ${router}`, limitMs: limits.router }
  return {
    transformers: load(),
    choose: router === '' ? undefined : (question) => host.ask({ kind: 'route', question }, call),
    close: () => host.close(),
  }
}

const contexts = new WeakMap<object, number>()
let nextContext = 1

/** The context goes to the thread once; there the hooks of an exchange share it. */
function refOf(context: object): ContextRef {
  const known = contexts.get(context)
  if (known !== undefined) return { id: known }
  const id = nextContext++
  contexts.set(context, id)
  return { id, context }
}

function chainOf(use: readonly string[], host: Host, limits: OwnParts['limits']): OwnChain {
  const name = `own transformers ${use.join(', ')}`
  return {
    async request(body, provider, context) {
      const ask = { kind: 'request', use, body, provider, context: refOf(context) } as const
      // Each has the limit for itself, and two hooks.
      const limitMs = limits.request * use.length * 2
      return (await host.ask(ask, { name, limitMs })) ?? { body, headers: {} }
    },
    async response(response, context) {
      const { port1, port2 } = new MessageChannel()
      const body = response.body as ReadableStream<unknown> | null
      giveBody(body, port1)
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
      const parts = await host.ask(ask, { name, limitMs, transfer: [port2] })
      if (parts === undefined) {
        ended()
        throw new GatewayError('api_error', `The ${name} failed with the provider's answer.`, {
          status: 502,
        })
      }
      const headers = parts.headers.map(([key, value]): [string, string] => [key, value])
      return new Response(bodyFrom(parts.port, ended), { status: parts.status, headers })
    },
  }
}
