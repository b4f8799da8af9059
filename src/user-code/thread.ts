/** The thread in which the user's own code runs: it may block or break it, and nothing else. */
import { MessageChannel, parentPort, workerData } from 'node:worker_threads'
import { commandLineIn } from '../lib/command-line.ts'
import type { Logger } from '../lib/log.ts'
import { version } from '../lib/version.ts'
import type {
  Answers,
  Ask,
  ContextRef,
  FromThread,
  ResponseParts,
  ThreadData,
  ToThread,
  TransformerNames,
} from './thread-messages.ts'
import { UserCodeError } from './call.ts'
import { createUserCode } from './in-process.ts'
import type { TransformerChain, UserTransformers } from './transformers.ts'
import { bodyFrom, giveBody } from './port-stream.ts'

const port = parentPort
const say = (message: FromThread, transfer: readonly MessagePortLike[] = []): void =>
  port?.postMessage(message, [...transfer])

type MessagePortLike = ResponseParts['port']

const { config, limits, version: asked } = workerData as ThreadData
if (asked !== version) {
  const restart = commandLineIn(process.env, 'restart')
  throw new Error(`ccr was updated from ${asked} to ${version}; type: ${restart}`)
}
const log = Object.fromEntries(
  (['debug', 'info', 'warn', 'error'] as const).map((level) => [
    level,
    (fields: object, text: string) => say({ log: level, fields: plain(fields), text }),
  ]),
) as unknown as Logger

// What throws outside of a call, such as in a timer, harms no call.
process.on('uncaughtException', (cause) => told(cause))
process.on('unhandledRejection', (cause) => told(cause))

function told(cause: unknown): void {
  const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  say({
    log: 'error',
    fields: { cause: what },
    text: `own code failed outside of a call: ${firstLine(what)}`,
  })
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

/** What can go to the other thread: errors as text, no functions. */
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

const own = createUserCode({ config, limits, log })

/** The context of each exchange between its hooks. */
const contexts = new Map<number, object>()
const MOST_CONTEXTS = 1_000

function contextOf({ id, context }: ContextRef): object {
  const kept = contexts.get(id) ?? context ?? {}
  contexts.set(id, kept)
  const [oldest] = contexts.keys()
  if (contexts.size > MOST_CONTEXTS && oldest !== undefined) contexts.delete(oldest)
  return kept
}

let names = ''
const namesOf = (transformers: UserTransformers): TransformerNames => ({
  names: transformers.names(),
  broken: transformers.broken(),
})

/**
 * The chain of these names, of files as they are now.
 * @throws UserCodeError if one of them is no longer there.
 */
async function currentChain(use: readonly string[]): Promise<TransformerChain> {
  const transformers = await own.transformers
  await transformers.refresh()
  const now = namesOf(transformers)
  if (names !== JSON.stringify(now)) say({ names: now })
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

async function answer(ask: Ask): Promise<Answers[Ask['kind']]> {
  switch (ask.kind) {
    case 'route':
      return own.choose?.(ask.question)
    case 'names': {
      const transformers = await own.transformers
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
      const chain = chainOf(ask.use, await own.transformers)
      const headers = ask.headers.map(([name, value]): [string, string] => [name, value])
      const response = new Response(bodyFrom(ask.port), { status: ask.status, headers })
      const context = contextOf(ask.context)
      contexts.delete(ask.context.id)
      return parts(await chain.response(response, context))
    }
  }
}

function parts(response: Response): ResponseParts {
  const { port1, port2 } = new MessageChannel()
  giveBody(response.body as ReadableStream<unknown> | null, port1)
  return { status: response.status, headers: [...response.headers], port: port2 }
}

function failure(cause: unknown): { failed: string; isLogged: boolean } {
  const failed = cause instanceof Error ? cause.message : String(cause)
  return { failed, isLogged: cause instanceof UserCodeError }
}

port?.on('message', (message: ToThread) => {
  if ('ping' in message) {
    say({ pong: true })
    return
  }
  const { id, ask } = message
  answer(ask).then(
    (value) => {
      const transfer = value !== undefined && 'port' in value ? [value.port] : []
      say({ id, value }, transfer)
    },
    (cause: unknown) => say({ id, ...failure(cause) }),
  )
})
say({ ready: true })
