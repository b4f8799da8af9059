/** Holds a short conversation with providers, through the same gateway as a session's requests. */
import { formatModelRef } from '../../../lib/model-ref.ts'
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type RequestListener,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config, ProviderConfig } from '../../../config/config.ts'
import { settingAdvice } from '../../../config/key-advice.ts'
import { createGateway } from '../../../gateway/gateway.ts'
import { silent } from '../../../lib/log.ts'
import { suggest } from '../../../lib/suggest.ts'
import { readBody } from '../../../server/body.ts'
import { type Io, UsageError } from '../../command.ts'
import { area, type Check } from './check.ts'
import { type Answered, converse, type ConversationResult, shortcomings } from './conversation.ts'
import { targetOf } from './config.ts'
import { liveSearchChecks } from './web-search.ts'

const LIMIT_MS = 60_000
const live = area('live')

/** One provider with one of its keys and one of its models. */
interface Trial {
  readonly label: string
  readonly provider: ProviderConfig
  readonly model: string
}

/** Tests the named providers, or all and the search service. Throws UsageError for a name that is not configured. */
export async function liveChecks(
  config: Config,
  names: readonly string[],
  env: Io['env'],
): Promise<Check[]> {
  const services = names.filter((name) => isSearchService(name, config))
  const others = names.filter((name) => !services.includes(name))
  const chosen =
    names.length === 0 ? config.providers : others.map((name) => providerNamed(name, config))
  const searched =
    names.length === 0 || services.length > 0 ? await liveSearchChecks(config, env) : []
  const tested = chosen.filter(({ name }) => name !== 'demo')
  if (tested.length === 0) {
    return searched.length > 0 ? searched : [live('note', 'there is no provider to test')]
  }
  const checks = tested.map(async (provider) => {
    if (provider.missing.length > 0) {
      return [
        live(
          'warning',
          `${provider.name}: not tested, ${provider.missing.join(', ')} is not set`,
          settingAdvice(provider, provider.missing, env),
        ),
      ]
    }
    const model = modelOf(provider, config)
    if (model === undefined)
      return [live('note', `${provider.name}: not tested, it lists no models`)]
    return Promise.all(trials(provider, model).map((trial) => ask(trial, config, env)))
  })
  return [...(await Promise.all(checks)).flat(), ...searched]
}

/** Whether a name is that of the search service of `Lend`, and of no provider. */
function isSearchService(name: string, { lend, providers }: Config): boolean {
  const { webSearch } = lend
  const isService = typeof webSearch === 'object' && webSearch.service === name.toLowerCase()
  return (
    isService && !providers.some((provider) => provider.name.toLowerCase() === webSearch.service)
  )
}

function providerNamed(wanted: string, { providers }: Config): ProviderConfig {
  const lower = wanted.toLowerCase()
  const found = providers.find(({ name }) => name.toLowerCase() === lower)
  if (found !== undefined) return found
  const names = providers.map(({ name }) => name)
  const near = suggest(wanted, names)
  throw new UsageError(
    `ccr doctor: there is no provider '${wanted}' in the config.`,
    near.length > 0
      ? `Did you mean ${near.join(' or ')}?`
      : `Configured providers: ${names.join(', ')}.`,
  )
}

/** The model of the default session if it belongs to this provider, otherwise the first model. */
function modelOf({ name, models }: ProviderConfig, config: Config): string | undefined {
  const target = targetOf({ preference: '' }, config)
  return target?.provider === name ? target.model : models[0]
}

/** One trial for each key, so that a bad key is not hidden by the next one. */
function trials(provider: ProviderConfig, model: string): Trial[] {
  const keys = provider.apiKeys ?? [provider.apiKey]
  return keys.map((key, index) => ({
    label: `${formatModelRef({ provider: provider.name, model })}${keys.length > 1 ? ` (key ${index + 1})` : ''}`,
    provider: { ...alone(provider), apiKey: key },
    model,
  }))
}

/** The provider without anything that a request could fall back to. */
function alone(provider: ProviderConfig): ProviderConfig {
  const one: { -readonly [K in keyof ProviderConfig]: ProviderConfig[K] } = { ...provider }
  delete one.apiKeys
  delete one.fallback
  return one
}

async function ask(trial: Trial, config: Config, env: Io['env']): Promise<Check> {
  const { label, provider, model } = trial
  const started = performance.now()
  try {
    const conversed = await converseWith({ provider, model, config, env })
    const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`
    const lacks = shortcomings(conversed)
    if (lacks === '') return live('ok', `${label} answers and uses tools (${seconds})`)
    return live('warning', `${label} answers (${seconds}), but ${lacks}`)
  } catch (thrown) {
    return live('broken', `${label}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}

export interface LiveParts {
  readonly provider: ProviderConfig
  readonly model: string
  readonly config: Config
  readonly env: Io['env']
  /** The longest that an answer may take; a minute if absent. */
  readonly limitMs?: number
}

/**
 * Holds a short conversation with a tool through a temporary gateway.
 * @throws Error with the status and message of an error answer.
 */
export async function converseWith({
  provider,
  model,
  config,
  env,
  limitMs = LIMIT_MS,
}: LiveParts): Promise<ConversationResult> {
  const gateway = createGateway({
    config: { ...config, providers: [provider], router: {}, fallback: {} },
    session: { id: 'doctor', preference: '', alias: 'ccr-doctor' },
    log: silent,
    env,
  })
  try {
    return await served(
      (req, res) => {
        void readBody(req).then((body) => gateway.messages(req, res, body))
      },
      (origin) =>
        converse(
          (body) => post(origin, body, limitMs),
          formatModelRef({ provider: provider.name, model }),
        ),
    )
  } finally {
    await gateway.close()
  }
}

/** Runs `work` against a temporary server on the loopback interface. */
async function served<T>(
  listener: RequestListener,
  work: (origin: string) => Promise<T>,
): Promise<T> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

function post(origin: string, body: object, limitMs: number): Promise<Answered> {
  const signal = AbortSignal.timeout(limitMs)
  return new Promise((resolve, fail) => {
    // What is aborted reports only that, and not why.
    const reject = (error: Error): void =>
      fail(signal.aborted ? new Error(`no answer in ${limitMs / 1000} s`) : error)
    const sent = httpRequest(`${origin}/v1/messages`, {
      method: 'POST',
      agent: false,
      signal,
      headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    })
    sent.once('error', reject)
    sent.once('response', (response: IncomingMessage) => {
      textOf(response)
        .then((text) => answered(response.statusCode ?? 0, text))
        .then(resolve, reject)
    })
    sent.end(JSON.stringify(body))
  })
}

/** Longest answer that is read, in UTF-16 code units; the questions ask for a few words. */
const ANSWER_LIMIT = 4 * 1024 * 1024

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let text = ''
  for await (const piece of response) {
    text += String(piece)
    if (text.length > ANSWER_LIMIT) throw new Error('the answer is far too long')
  }
  return text
}

function answered(status: number, text: string): Answered {
  if (status !== 200) throw new Error(`${status} ${messageOf(text)}`)
  return JSON.parse(text) as Answered
}

/** The message of an error envelope, on one line. */
function messageOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } }
    return (error?.message ?? text).replace(/\s+/g, ' ').slice(0, 500)
  } catch {
    return text.replace(/\s+/g, ' ').slice(0, 500)
  }
}
