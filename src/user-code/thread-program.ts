/** The program of the thread in which the user's code runs; the code can block or crash this thread only. */
import { MessageChannel, parentPort, workerData } from 'node:worker_threads'
import { commandLineIn } from '../lib/command-line.ts'
import type { Logger } from '../lib/log.ts'
import { version } from '../lib/version.ts'
import type {
  ThreadResults,
  ThreadRequest,
  ContextRef,
  FromThread,
  ResponseParts,
  ThreadData,
  ToThread,
  TransformerNames,
} from './thread-messages.ts'
import { UserCodeError } from './call-user-code.ts'
import { createUserCode } from './in-process.ts'
import type { TransformerChain, UserTransformers } from './transformers.ts'
import { receiveBody, sendBody } from './port-stream.ts'

const port = parentPort
const post = (message: FromThread, transfer: readonly MessagePortLike[] = []): void =>
  port?.postMessage(message, [...transfer])

type MessagePortLike = ResponseParts['port']

const { config, limits, version: daemonVersion } = workerData as ThreadData
if (daemonVersion !== version) {
  const restart = commandLineIn(process.env, 'restart')
  throw new Error(`ccr was updated from ${daemonVersion} to ${version}; type: ${restart}`)
}
const log = Object.fromEntries(
  (['debug', 'info', 'warn', 'error'] as const).map((level) => [
    level,
    (fields: object, text: string) => post({ log: level, fields: plain(fields), text }),
  ]),
) as unknown as Logger

// An error outside of a call, such as in a timer, does not fail a call.
process.on('uncaughtException', (cause) => logStray(cause))
process.on('unhandledRejection', (cause) => logStray(cause))

function logStray(cause: unknown): void {
  const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  post({
    log: 'error',
    fields: { cause: what },
    text: `user code failed outside of a call: ${firstLine(what)}`,
  })
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

/** The fields in a form that can be sent to the other thread: errors as text, no functions. */
function plain(fields: object): object {
  try {
    const text = JSON.stringify(fields, (_, value: unknown) =>
      value instanceof Error ? (value.stack ?? value.message) : value,
    )
    return JSON.parse(text) as object
  } catch {
    return {}
  }
}

const userCode = createUserCode({ config, limits, log })

/** The context of each running exchange, by its id. */
const contexts = new Map<number, object>()
const MAX_CONTEXTS = 1_000

function contextOf({ id, context }: ContextRef): object {
  const kept = contexts.get(id) ?? context ?? {}
  contexts.set(id, kept)
  const [oldest] = contexts.keys()
  if (contexts.size > MAX_CONTEXTS && oldest !== undefined) contexts.delete(oldest)
  return kept
}

let names = ''
const namesOf = (transformers: UserTransformers): TransformerNames => ({
  names: transformers.names(),
  broken: transformers.broken(),
})

/**
 * The chain of the transformers with these names, as their files are now.
 * @throws UserCodeError if one of them no longer exists.
 */
async function currentChain(use: readonly string[]): Promise<TransformerChain> {
  const transformers = await userCode.transformers
  await transformers.refresh()
  const now = namesOf(transformers)
  if (names !== JSON.stringify(now)) post({ names: now })
  names = JSON.stringify(now)
  return chainOf(use, transformers)
}

function chainOf(use: readonly string[], transformers: UserTransformers): TransformerChain {
  const chain = transformers.chain(use.map((name) => ({ name, options: {} })))
  const gone = use.find((name) => !transformers.has(name))
  if (chain !== undefined && gone === undefined) return chain
  const why = transformers.broken()[0]?.why ?? `there is no transformer "${gone ?? ''}" any more`
  log.warn({}, `${why}; the request fails`)
  throw new UserCodeError(why)
}

async function resultOf(ask: ThreadRequest): Promise<ThreadResults[ThreadRequest['kind']]> {
  switch (ask.kind) {
    case 'route':
      return userCode.choose?.(ask.question)
    case 'names': {
      const transformers = await userCode.transformers
      await transformers.refresh()
      const now = namesOf(transformers)
      names = JSON.stringify(now)
      return now
    }
    case 'request': {
      const chain = await currentChain(ask.use)
      return chain.request(ask.body, ask.provider, contextOf(ask.context))
    }
    case 'response': {
      const chain = chainOf(ask.use, await userCode.transformers)
      const headers = ask.headers.map(([name, value]): [string, string] => [name, value])
      const response = new Response(receiveBody(ask.port), { status: ask.status, headers })
      const context = contextOf(ask.context)
      contexts.delete(ask.context.id)
      return parts(await chain.response(response, context))
    }
  }
}

function parts(response: Response): ResponseParts {
  const { port1, port2 } = new MessageChannel()
  sendBody(response.body as ReadableStream<unknown> | null, port1)
  return { status: response.status, headers: [...response.headers], port: port2 }
}

function failure(cause: unknown): { failed: string; isLogged: boolean } {
  const failed = cause instanceof Error ? cause.message : String(cause)
  return { failed, isLogged: cause instanceof UserCodeError }
}

port?.on('message', (message: ToThread) => {
  if ('ping' in message) {
    post({ pong: true })
    return
  }
  const { id, ask } = message
  resultOf(ask).then(
    (value) => {
      const transfer = value !== undefined && 'port' in value ? [value.port] : []
      post({ id, value }, transfer)
    },
    (cause: unknown) => post({ id, ...failure(cause) }),
  )
})
post({ ready: true })
