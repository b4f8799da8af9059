/** Which servers may be queried about their models, and how each kind is. */
import type { ProviderConfig, ReportingServer } from '../../config/config.ts'
import { usedTransformers } from '../../config/schema/transformer.ts'
import { isPrivateNetwork } from '../../lib/loopback.ts'
import type { JsonObject } from '../../lib/json.ts'
import { withoutEnd } from '../../lib/trim.ts'
import { recognise } from '../configured/recognise.ts'
import { readLlamacpp } from './llamacpp.ts'
import { isLmstudioEntry, readLmstudio } from './lmstudio.ts'
import { readOllama } from './ollama.ts'
import { limitsIn, readOpenaiList } from './openai-list.ts'
import { type GetJson, listIn, type Reader, type Reported } from './reader.ts'

const READERS: Readonly<Record<ReportingServer, Reader>> = {
  ollama: readOllama,
  llamacpp: readLlamacpp,
  lmstudio: readLmstudio,
  openai: readOpenaiList,
}

/** A server that may be queried: where, and of which kind it is known to be. */
export interface QueriedServer {
  /** The URL above its APIs, without a slash at the end. */
  readonly root: string
  /** Undefined for a server of this machine or network of which nothing is known. */
  readonly kind: ReportingServer | undefined
  /** With the provider's key: for this server and no other. */
  readonly headers: Readonly<Record<string, string>>
}

type Queried = Pick<
  ProviderConfig,
  'name' | 'url' | 'missing' | 'apiKey' | 'headers' | 'transformer'
>

/**
 * The server of a provider, where it may be queried: one that its definition says people run themselves,
 * or any of this machine or network that is not known to be another company's. Undefined for all
 * others, whose hosts get no request but the client's.
 */
export function queriedServer(provider: Queried): QueriedServer | undefined {
  const { name, url, missing, apiKey, headers = {} } = provider
  if (missing.length > 0 || !URL.canParse(url)) return undefined
  const base = new URL(url)
  const { reports } = recognise(name, base)
  if (reports === undefined && (!isUsersServer(base) || hasOtherApi(provider, base)))
    return undefined
  const key = apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` }
  return { root: rootOf(base), kind: reports?.value, headers: { ...key, ...headers } }
}

/** On link-local addresses, clouds tell a machine about itself and its credentials: no server is there. */
function isUsersServer({ hostname }: URL): boolean {
  return isPrivateNetwork(hostname) && !/^169\.254\./.test(hostname)
}

/** Whether the config says that it speaks Gemini's API, which lists no limits in this way. */
function hasOtherApi({ transformer }: Queried, { pathname }: URL): boolean {
  const names = usedTransformers(transformer).map(({ name }) => name)
  return names.some((name) => /^(?:gemini|vertex-)/.test(name)) || /\/v1beta\b/.test(pathname)
}

/** `http://gpu.lan/ollama` of `http://gpu.lan/ollama/v1/chat/completions`. */
function rootOf({ origin, pathname }: URL): string {
  const [path = ''] = pathname.split(/\/(?:v\d|api|chat|messages|responses|models)(?=\/|$)/)
  return `${origin}${withoutEnd(path, '/')}`
}

/** Queries a server; undefined where it does not answer, or says nothing that can be read. */
export function queryServer(
  kind: ReportingServer | undefined,
  getJson: GetJson,
  wanted: readonly string[],
): Promise<Reported | undefined> {
  return kind === undefined ? queryUnknown(getJson, wanted) : READERS[kind](getJson, wanted)
}

/** The list of models, which all servers of the OpenAI API have, shows of which kind a server is. */
async function queryUnknown(
  getJson: GetJson,
  wanted: readonly string[],
): Promise<Reported | undefined> {
  const list = listIn(await getJson('/v1/models'))
  if (list === undefined) return undefined
  const limits = limitsIn(list)
  if (limits.size > 0) return limits
  const kind = SIGNS.find(({ is }) => list.some(is))?.kind
  return kind === undefined ? undefined : READERS[kind](getJson, wanted)
}

/** By `owned_by`: of Ollama's models, the namespace, `library` for those of its own (openai/openai.go). */
const SIGNS: readonly {
  readonly kind: ReportingServer
  readonly is: (entry: JsonObject) => boolean
}[] = [
  { kind: 'llamacpp', is: ({ owned_by: owner }) => owner === 'llamacpp' },
  { kind: 'ollama', is: ({ owned_by: owner }) => owner === 'library' },
  { kind: 'lmstudio', is: isLmstudioEntry },
]
