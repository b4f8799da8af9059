/**
 * Loads and calls the user's transformers, which have the methods of claude-code-router 2: they get
 * the Chat Completions request as it goes to the provider, and the answer as a fetch `Response`.
 */
import { basename, extname } from 'node:path'
import {
  type UserTransformerConfig,
  TRANSFORMERS,
  type UsedTransformer,
} from '../config/schema/transformer.ts'
import type { Logger } from '../lib/log.ts'
import { type Exported, userModule, type UserModule } from './user-module.ts'
import {
  callUserCode,
  type Outcome,
  type UserCall,
  userLog,
  UserCodeError,
} from './call-user-code.ts'

/** The provider in the form that transformers know from claude-code-router 2. */
export interface TransformerProvider {
  readonly name: string
  readonly baseUrl: string
  readonly apiKey: string
  readonly models: readonly string[]
  readonly transformer?: unknown
}

/** A request as it goes to the provider. */
export interface Outgoing {
  readonly body: object
  /** Replaces the provider's URL. */
  readonly url?: string
  /** Added to the provider's headers; undefined removes one. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

/**
 * The transformers of one provider and model, in order. A request or an answer never goes on without
 * one of them: a transformer may sign, or remove what must not be seen by others.
 */
export interface TransformerChain {
  /** @throws UserCodeError with the message of a transformer that fails, hangs or could not be loaded. */
  request(body: object, provider: TransformerProvider, context: object): Promise<Outgoing>
  /** @throws UserCodeError likewise, or if a transformer read the answer's body and returned nothing. */
  response(response: Response, context: object): Promise<Response>
}

export interface UserTransformers {
  /** Loads those again whose files have changed. */
  refresh(): Promise<void>
  /** In lower case. */
  names(): readonly string[]
  /** Whether one has this name, in lower case; it takes precedence over a built-in one. */
  has(name: string): boolean
  broken(): readonly BrokenModule[]
  /**
   * The chain of those in `used` that are the user's; undefined if there are none. While a module
   * cannot be loaded, an unknown name may be its name: then the chain fails with the module's error.
   */
  chain(used: readonly UsedTransformer[]): TransformerChain | undefined
}

/** A module that could not be loaded. */
export interface BrokenModule {
  /** The file's name, in lower case, which is the transformer's name unless its code sets another. */
  readonly name: string
  readonly why: string
}

export interface TransformerLimits {
  /** How long a change of a request may take, ms. */
  readonly requestMs: number
  /** How long a change of an answer may take until it gives a `Response`, ms; it may read it all. */
  readonly responseMs: number
}

interface Instance {
  readonly name: string
  /** For messages: `transformer` and its file. */
  readonly label: string
  readonly methods: Readonly<Record<string, unknown>>
}

/** Loads the modules of `transformers`; one that cannot be loaded is logged and left out. */
export async function loadUserTransformers(
  modules: readonly UserTransformerConfig[],
  limits: TransformerLimits,
  log: Logger,
): Promise<UserTransformers> {
  const loaded = modules.map((module): LoadedModule => ({ module, file: userModule(module.path) }))
  const refresh = async (): Promise<void> => {
    await Promise.all(loaded.map((module) => keepFresh(module, limits.requestMs, log)))
  }
  await refresh()
  const byName = () => new Map(loaded.flatMap(({ made }) => (made ? [[made.name, made]] : [])))
  const broken = () => loaded.flatMap(({ made, broken: one }) => (made ? [] : (one ?? [])))
  return {
    refresh,
    names: () => [...byName().keys()],
    has: (name) => byName().has(name),
    broken,
    chain(used) {
      const instances = byName()
      const failed = missingReason(used, (name) => instances.has(name), broken())
      if (failed !== undefined) return failingChain(failed)
      const chosen = used.flatMap(({ name }) => instances.get(name) ?? [])
      return chosen.length === 0 ? undefined : chainOf(chosen, limits, log)
    },
  }
}

/** A module and the transformer that was made from it. */
interface LoadedModule {
  readonly module: UserTransformerConfig
  readonly file: UserModule
  /** The exports that were tried last; a module that fails is not tried again before its file changes. */
  from?: Exported
  made?: Instance
  broken?: BrokenModule
}

/** Makes the transformer again when its file has changed; a broken edit keeps the last good one. */
async function keepFresh(loaded: LoadedModule, limitMs: number, log: Logger): Promise<void> {
  const { path, options } = loaded.module
  const label = `transformer ${path}`
  const consequence = loaded.made ? 'the last good one stays' : 'requests that need it fail'
  const outcome = await callUserCode({ name: label, limitMs, log, consequence }, async () => {
    const current = await loaded.file.current()
    if (current === loaded.from) return undefined
    loaded.from = current
    const exported = await current.exported
    const made: unknown = typeof exported === 'function' ? construct(exported, options) : exported
    if (typeof made !== 'object' || made === null) throw new TypeError('it exports no class')
    return { made: made as Record<string, unknown>, exported }
  })
  if ('failed' in outcome) loaded.broken = { name: fileName(path), why: outcome.failed }
  if ('failed' in outcome || outcome.value === undefined) return
  const { made, exported } = outcome.value
  made['logger'] ??= userLog(log, label)
  const name = nameOf(made) ?? nameOf(exported, 'TransformerName') ?? fileName(path)
  if (typeof made['endPoint'] === 'string') {
    log.warn({ path }, `${label}: its own endpoint ${made['endPoint']} is not served`)
  }
  loaded.made = { name: name.toLowerCase(), label, methods: made }
}

function fileName(path: string): string {
  return basename(path, extname(path)).toLowerCase()
}

function construct(exported: unknown, options: unknown): unknown {
  const Made = exported as new (options: unknown) => unknown
  return new Made(options)
}

function nameOf(holder: unknown, field = 'name'): string | undefined {
  const name = (holder as Record<string, unknown> | null | undefined)?.[field]
  return typeof name === 'string' && name.trim() !== '' ? name.trim() : undefined
}

/** Why these cannot be used: a name is that of a broken module, or is unknown and may be that of one. */
export function missingReason(
  used: readonly UsedTransformer[],
  has: (name: string) => boolean,
  broken: readonly BrokenModule[],
): string | undefined {
  if (broken.length === 0) return undefined
  const missing = used.filter(({ name }) => !has(name))
  const named = broken.find((module) => missing.some(({ name }) => name === module.name))
  if (named) return named.why
  return missing.every(({ name }) => BUILT_IN.has(name)) ? undefined : broken[0]?.why
}

const BUILT_IN: ReadonlySet<string> = new Set(TRANSFORMERS.map((name) => name.toLowerCase()))

/** The chain of transformers that could not be loaded. */
export function failingChain(why: string): TransformerChain {
  return {
    request: () => Promise.reject(new UserCodeError(why)),
    response: () => Promise.reject(new UserCodeError(why)),
  }
}

function chainOf(
  instances: readonly Instance[],
  limits: TransformerLimits,
  log: Logger,
): TransformerChain {
  const callHook = async (
    instance: Instance,
    method: string,
    limitMs: number,
    args: readonly unknown[],
  ): Promise<Outcome<unknown>> => {
    const hook = instance.methods[method]
    if (typeof hook !== 'function') return { value: undefined }
    const consequence = 'the request fails'
    const call: UserCall = { name: `${instance.label}: ${method}`, limitMs, log, consequence }
    return callUserCode(call, () => Reflect.apply(hook, instance.methods, args) as unknown)
  }
  return {
    async request(body, provider, context) {
      let outgoing: Outgoing = { body, headers: {} }
      for (const instance of instances) {
        for (const method of ['transformRequestIn', 'auth']) {
          // A copy: changes count only if the hook returns them.
          const args = [structuredClone(outgoing.body), provider, context]
          const outcome = await callHook(instance, method, limits.requestMs, args)
          if ('failed' in outcome) throw new UserCodeError(outcome.failed)
          outgoing = mergeOutgoing(outgoing, outcome.value)
        }
      }
      return outgoing
    },
    async response(response, context) {
      let current = response
      for (const instance of instances.toReversed()) {
        const method = 'transformResponseOut'
        const outcome = await callHook(instance, method, limits.responseMs, [current, context])
        if ('failed' in outcome) throw new UserCodeError(outcome.failed)
        if (isResponse(outcome.value)) current = outcome.value
        else if (isBodyUsed(current))
          throw new UserCodeError(`${instance.label}: ${method} gave no answer`)
      }
      return current
    },
  }
}

/** A hook returns the body, or `{body, config: {url, headers}}`. */
function mergeOutgoing(before: Outgoing, value: unknown): Outgoing {
  if (typeof value !== 'object' || value === null) return before
  const { body, config } = value as {
    body?: unknown
    config?: { url?: unknown; headers?: unknown } | null
  }
  if (typeof body !== 'object' || body === null) return { ...before, body: value }
  const { url, headers } = config ?? {}
  return {
    body,
    ...(before.url === undefined ? {} : { url: before.url }),
    ...(url instanceof URL || typeof url === 'string' ? { url: String(url) } : {}),
    headers: { ...before.headers, ...headersIn(headers) },
  }
}

function headersIn(headers: unknown): Record<string, string | undefined> {
  if (typeof headers !== 'object' || headers === null) return {}
  const pairs =
    headers instanceof Headers ? [...headers] : Object.entries(headers as Record<string, unknown>)
  return Object.fromEntries(
    pairs.map(([name, value]) => [
      name.toLowerCase(),
      typeof value === 'string' || typeof value === 'number' ? String(value) : undefined,
    ]),
  )
}

/** User code may bring its own class `Response`. */
function isResponse(value: unknown): value is Response {
  if (value instanceof Response) return true
  const { body, headers } = (value ?? {}) as { body?: unknown; headers?: { get?: unknown } }
  return body instanceof ReadableStream && typeof headers?.get === 'function'
}

function isBodyUsed({ body, bodyUsed }: Response): boolean {
  return bodyUsed || body?.locked === true
}
