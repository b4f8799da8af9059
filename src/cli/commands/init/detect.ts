/** Detects providers: keys in the environment, and local model servers. */
import { get } from 'node:http'
import type { Env } from '../../../lib/env.ts'
import {
  LOCAL_SERVERS,
  type LocalServer,
  type HostedProvider,
  HOSTED_PROVIDERS,
} from './known-providers.ts'

/** A provider for the config. */
export interface Candidate {
  readonly name: string
  readonly url: string
  /** The variable that holds its key; undefined for a server that needs none. */
  readonly variable?: string
  readonly models: readonly string[]
  /** How it was detected, for the user. */
  readonly found: string
}

/** How long a local server may take to list its models, in ms. */
const LOCAL_LIMIT_MS = 500
const ANSWER_LIMIT = 1024 * 1024

/** The providers whose key variable is set. The key itself is not used. */
export function providersInEnvironment(env: Env): Candidate[] {
  return HOSTED_PROVIDERS.flatMap((known) => {
    const variable = known.variables.find((name) => (env[name] ?? '').trim() !== '')
    return variable === undefined ? [] : [candidateOf(known, variable, `${variable} is set`)]
  })
}

export function candidateOf(known: HostedProvider, variable: string, found: string): Candidate {
  const { name, url, models } = known
  return { name, url, variable, models, found }
}

/** The local servers that answer and offer a model. */
export async function localProviders(servers: readonly LocalServer[]): Promise<Candidate[]> {
  const found = await Promise.all(
    servers.map(async ({ name, title, origin }) => {
      const ids = await listModels(`${origin}/v1/models`)
      const models = ids.filter(isPlain)
      const url = `${origin}/v1/chat/completions`
      const out = ids.length - models.length
      const note = out === 0 ? '' : ` (${out} left out: their ids are not plain text)`
      return { name, url, models, found: `${title} answers at ${origin}${note}` }
    }),
  )
  return found.filter(({ models }) => models.length > 0)
}

/** The known servers, with Ollama at `OLLAMA_HOST`. */
export function localServers(env: Env): LocalServer[] {
  const origin = ollamaOrigin((env['OLLAMA_HOST'] ?? '').trim())
  return LOCAL_SERVERS.map((server) =>
    server.name === 'ollama' && origin !== undefined ? { ...server, origin } : server,
  )
}

/** Parses `OLLAMA_HOST`: a host, `host:port`, `:port`, or a URL. */
function ollamaOrigin(host: string): string | undefined {
  if (host === '') return undefined
  const text = /^https?:\/\//.test(host) ? host : `http://${host.replace(/^:/, '127.0.0.1:')}`
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'
  if (url.port === '' && !/^https?:\/\//.test(host)) url.port = '11434'
  return url.protocol === 'http:' ? url.origin : undefined
}

/** The chat models of `GET /v1/models`; none if there is no such server. */
async function listModels(url: string): Promise<string[]> {
  try {
    const answer: unknown = JSON.parse(await read(url))
    const data = (answer as { data?: unknown } | null)?.data
    if (!Array.isArray(data)) return []
    const ids = data.map((model: { id?: unknown } | null) => model?.id)
    return ids.filter((id) => typeof id === 'string').filter((id) => !/embed|rerank/i.test(id))
  } catch {
    return []
  }
}

const LONGEST_ID = 200

/**
 * Whether a model id from a server may be written to a config. A `$` would insert a variable of the
 * environment, possibly a key, into the name of the model.
 */
function isPlain(id: string): boolean {
  return id !== '' && id.length <= LONGEST_ID && !/[$\p{C}\u2028\u2029]/u.test(id)
}

function read(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(LOCAL_LIMIT_MS)
    const sent = get(url, { signal, agent: false }, (answer) => {
      if (answer.statusCode !== 200) {
        sent.destroy(new Error(`status ${answer.statusCode ?? 0}`))
        return
      }
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => {
        text += part
        if (text.length > ANSWER_LIMIT) sent.destroy(new Error('too long'))
      })
      answer.once('end', () => resolve(text))
      answer.once('error', reject)
    })
    sent.once('error', reject)
  })
}
