/** A provider of the config, ready to be called: its protocol, its endpoint, its credentials. */
import { createHash } from 'node:crypto'
import type { ProviderConfig } from '../../config/config.ts'
import {
  transformersFor,
  type UsedTransformer,
  usedTransformers,
} from '../../config/schema/transformer.ts'
import { CLAUDE_HOSTS } from '../../protocols/anthropic/hosts.ts'
import type { Dialect } from '../../protocols/anthropic/types.ts'
import type { Capabilities } from '../../protocols/protocol.ts'
import { isPrivateNetwork } from '../../lib/loopback.ts'
import { withoutEnd } from '../../lib/trim.ts'
import { type Auth, type AuthName, keyAuth, type KeyName } from '../auth/auth.ts'
import { awsAuth, awsSecrets } from '../auth/aws.ts'
import { googleAuth, type PostForm } from '../auth/google.ts'
import { capabilitiesOf } from '../catalogue/catalogue.ts'
import type { Call } from './call.ts'
import { ANTHROPIC_BASE, type Endpoint, endpointOf, invokeModels } from './endpoint.ts'
import { vertex, vertexOpenAi } from '../vertex.ts'
import { hasHost, isSelfHosted, providerOfTransformers, recognise } from './recognise.ts'
import type { ProtocolName, ModelProtocol, ProviderDefinition } from '../definition.ts'
import { headerSecrets, urlSecrets } from './secrets.ts'
import { vertexChat, vertexClaude, vertexModels } from './vertex-endpoint.ts'
import { type ProviderApi, protocolFor } from './api.ts'
import { withConfigured } from '../catalogue/context-window.ts'
import type { Env } from '../../lib/env.ts'

/** A configured provider, ready to be called. */
export interface Provider {
  /** As the config names it. */
  readonly name: string
  readonly definition: ProviderDefinition
  readonly protocolName: ProtocolName
  readonly api: ProviderApi
  /** A fingerprint of host and key; undefined where state does not hang on them (AWS). */
  readonly account: string | undefined
  /** What no text of the upstream may carry on. */
  readonly secrets: readonly string[]
  /** What is known of one of its models; undefined for nothing. */
  can(model: string): Capabilities | undefined
  /** Where requests for a model are posted. Throws where that depends on variables that are not set. */
  url(model: string): string
  /** The call that carries a body to a model. */
  call(model: string, body: Call['body'], sent?: Sent): Promise<Call>
}

/** What goes along with a body. */
export interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  /** Whether a stream is to come back; absent: it is. */
  readonly streamed?: boolean
}

/** A provider that may speak another API to some of its models; it itself speaks the one to all others. */
export interface ConfiguredProvider extends Provider {
  to(model: string): Provider
  /** The provider as one that speaks Chat Completions at the URL of the config, whatever that looks like. */
  asChat(): Provider
}

/** Transformers of existing configs that name a protocol. */
const PROTOCOL_OF_TRANSFORMER: Readonly<Record<string, ProtocolName>> = {
  anthropic: 'anthropic',
  openai: 'openai-chat',
  'openai-responses': 'openai-responses',
  gemini: 'gemini',
  'vertex-gemini': 'gemini',
  'vertex-openai': 'openai-chat',
  'vertex-claude': 'anthropic',
}

/** Transformers of existing configs that name a provider, whatever its URL. */
const PROVIDER_OF_TRANSFORMER: Readonly<Record<string, ProviderDefinition | undefined>> = {
  'vertex-gemini': vertex,
  'vertex-claude': vertex,
  'vertex-openai': vertexOpenAi,
}

/**
 * The provider that a config entry describes: its definition by the transformer, else by host, else by
 * name; its protocol by the transformer, else by the URL's path, else by the definition, which may
 * have another one for some models.
 * @param env where credentials may stand that are not in the config (AWS, Google).
 * @param post for credentials that are exchanged for a token (Google).
 */
export function providerOf(
  config: ProviderConfig,
  env: Env = {},
  post?: PostForm,
): ConfiguredProvider {
  const base = new URL(config.url)
  const used = usedTransformers(config.transformer)
  const definition =
    used.map((t) => PROVIDER_OF_TRANSFORMER[t.name]).find(Boolean) ?? guessed(config, used, base)
  const parts = { config, env, post, definition, used, base }
  const protocolName = protocolNameOf(used, base, definition)
  const usual = speakingProtocol(protocolName, parts, false)
  const others = new Map<ModelProtocol, Provider>()
  let chat = protocolName === 'openai-chat' ? usual : undefined
  return {
    ...usual,
    asChat: () => (chat ??= speakingProtocol('openai-chat', parts, false)),
    to(model) {
      const api = otherApi(model, parts)
      if (api === undefined || api.protocol === protocolName) return usual
      const known = others.get(api) ?? speakingProtocol(api.protocol, parts, true)
      others.set(api, known)
      return known
    },
  }
}

/** What `use` says of a server on this machine or in this network goes before its port. */
function guessed(
  { name }: ProviderConfig,
  used: readonly UsedTransformer[],
  base: URL,
): ProviderDefinition {
  const definition = recognise(name, base)
  return isPrivateNetwork(base.hostname) && isSelfHosted(definition)
    ? (providerOfTransformers(used) ?? definition)
    : definition
}

interface Parts {
  readonly config: ProviderConfig
  readonly env: Env
  readonly post: PostForm | undefined
  readonly definition: ProviderDefinition
  /** The transformers for all models. */
  readonly used: readonly UsedTransformer[]
  readonly base: URL
}

/** The API that the definition has for this model, unless the config says which one is wanted. */
function otherApi(
  model: string,
  { config, definition, used, base }: Parts,
): ModelProtocol | undefined {
  const api = definition.modelProtocols?.find(({ models }) => models.test(model))
  if (!api?.path.test(base.pathname) || used.some(namesProtocol)) return undefined
  // Transformers were written for the API that the config names.
  const isPlain = transformersFor(config.transformer, model).length === 0
  return api.onlyAtHosts === true && !(isPlain && hasHost(definition, base)) ? undefined : api
}

/** Whether a built-in transformer names the API that a provider speaks. */
export function namesProtocol({ name }: UsedTransformer): boolean {
  return Object.hasOwn(PROTOCOL_OF_TRANSFORMER, name)
}

/** @param isOther whether this is not the protocol of the URL: then its path is that of another API. */
function speakingProtocol(protocolName: ProtocolName, parts: Parts, isOther: boolean): Provider {
  const { config, env, definition, base } = parts
  const { name, apiKey, headers: configured = {} } = config
  const api: ProviderApi =
    protocolName === 'anthropic'
      ? { kind: 'forward', dialect: dialectOf(parts, isOther) }
      : { kind: 'translate', protocol: protocolFor(protocolName, definition) }
  const dialect = api.kind === 'forward' ? api.dialect : undefined
  const endpoint = endpointOn(protocolName, dialect, { ...parts, isOther })
  const auth = authOf({ ...parts, protocolName, dialect })
  return {
    name,
    definition,
    protocolName,
    api,
    account: definition.auth === 'aws' ? undefined : fingerprint(`${base.host} ${apiKey}`),
    secrets: [
      apiKey,
      ...urlSecrets(base),
      ...headerSecrets(configured),
      ...(definition.auth === 'aws' ? awsSecrets(env) : []),
    ].filter(Boolean),
    can: (model) =>
      withConfigured(
        config,
        model,
        (isHost(dialect) ? hostedAbilities : capabilitiesOf)(definition.id, model),
      ),
    url: endpoint,
    async call(model, body, { headers = {}, streamed } = {}) {
      const url = endpoint(model, streamed)
      const type = { 'content-type': 'application/json' }
      const credentials = await auth({ url, headers: type, body })
      return {
        provider: name,
        url,
        headers: { ...headers, ...credentials, ...configured, ...type },
        body,
      }
    },
  }
}

/** Claude can everywhere what it can at home, as far as nothing else is known of the host. */
function hostedAbilities(provider: string, model: string): Capabilities | undefined {
  const listed = capabilitiesOf(provider, model)
  const home = capabilitiesOf('anthropic', model)
  return listed || home ? { ...home, ...listed } : undefined
}

function isHost(dialect: Dialect | undefined): boolean {
  return dialect !== undefined && dialect in CLAUDE_HOSTS
}

/** Letters enough to tell accounts apart, and too few to learn a key from. */
function fingerprint(account: string): string {
  return createHash('sha256').update(account).digest('base64url').slice(0, 6)
}

function dialectOf({ definition, used, base }: Parts, isOther: boolean): Dialect {
  const { messagesApi = 'compatible' } = definition
  const isTheirs =
    hasHost(definition, base) || used.some(({ name }) => name in PROVIDER_OF_TRANSFORMER)
  if (isHost(messagesApi) && (isOther || isTheirs)) {
    return isOther || definition === vertex ? messagesApi : 'messages'
  }
  return isTheirs ? messagesApi : 'unknown'
}

/** The URL with the path of the provider's API, where it has none, only its beginning, or another's. */
function onBasePath(url: URL, { basePath, otherPaths = [] }: ProviderDefinition): URL {
  const path = withoutEnd(url.pathname, '/')
  const isBeginning = basePath !== undefined && `${basePath}/`.startsWith(`${path}/`)
  if (!isBeginning && !otherPaths.includes(path)) return url
  const whole = new URL(url)
  whole.pathname = basePath ?? '/v1'
  return whole
}

interface EndpointParts extends Parts {
  readonly isOther: boolean
}

/** On Vertex AI the project is looked up at the first call, so that the config can be read without. */
function endpointOn(
  protocolName: ProtocolName,
  dialect: Dialect | undefined,
  parts: EndpointParts,
): Endpoint {
  const { config, env, definition, base, isOther } = parts
  const vertexParts = { provider: config.name, url: base, env }
  if (dialect === 'vertex') return vertexClaude(vertexParts)
  if (dialect === 'bedrock') return invokeModels(base)
  if (definition === vertex && protocolName === 'gemini') {
    return (model) => endpointOf(vertexModels(vertexParts), protocolName)(model)
  }
  if (definition === vertexOpenAi) {
    return (model) => endpointOf(vertexChat(vertexParts), protocolName)(model)
  }
  if (isOther) return endpointOf(withoutApi(base), protocolName)
  const isUsual = hasHost(definition, base) && protocolName === definition.protocol
  return endpointOf(isUsual ? onBasePath(base, definition) : base, protocolName)
}

/** `https://api.openai.com/v1` of `…/v1/chat/completions`. */
function withoutApi(url: URL): URL {
  const bare = new URL(url)
  bare.pathname = url.pathname.replace(/\/chat\/completions\/?$/, '')
  return bare
}

function protocolNameOf(
  used: readonly UsedTransformer[],
  url: URL,
  definition: ProviderDefinition,
): ProtocolName {
  const named = used.find(namesProtocol)
  if (named) return PROTOCOL_OF_TRANSFORMER[named.name] ?? definition.protocol
  if (url.pathname.endsWith('/messages') || ANTHROPIC_BASE.test(url.pathname)) return 'anthropic'
  if (/\/(chat\/completions|openai\/?)$/.test(url.pathname)) return 'openai-chat'
  if (/\/responses\/?$/.test(url.pathname)) return 'openai-responses'
  if (/\/v1beta\/models\/?$/.test(url.pathname)) return 'gemini'
  return definition.protocol
}

/** How servers of a protocol take the key, where the definition speaks of another protocol. */
const AUTH_OF_PROTOCOL: Readonly<Record<ProtocolName, KeyName>> = {
  'openai-chat': 'bearer',
  'openai-responses': 'bearer',
  anthropic: 'x-api-key',
  gemini: 'x-goog-api-key',
  'bedrock-converse': 'bearer',
}

interface AuthParts extends Parts {
  readonly protocolName: ProtocolName
  /** Of a Messages API. */
  readonly dialect: Dialect | undefined
}

/**
 * The definition's way, or that of the protocol. Anthropic's key goes as `x-api-key`, other makers' as
 * a bearer token: their guides for Claude Code all set ANTHROPIC_AUTH_TOKEN. A relay of no known maker
 * gets both, as from the old router: some read the one, some the other. `UseBearer` overrides.
 */
function authOf(parts: AuthParts): Auth {
  const { config, used, dialect } = parts
  const { name, apiKey } = config
  const bearer = used.map(({ options }) => options['UseBearer']).find((b) => b !== undefined)
  if (bearer === true) return keyAuth('bearer', apiKey)
  if (bearer !== false && isRelay(parts)) return keyAuth('x-api-key and bearer', apiKey)
  if (dialect === 'compatible' && bearer !== false) return keyAuth('bearer', apiKey)
  const kind = authNameOf(parts)
  switch (kind) {
    case 'aws':
      return awsAuth({ provider: name, apiKey, env: parts.env })
    case 'google':
      return googleAuth({ provider: name, env: parts.env, post: parts.post ?? nowhere })
    default:
      return keyAuth(kind, apiKey)
  }
}

/** A Messages API at a host of no known provider; the port of a local server says too little. */
function isRelay({ protocolName, dialect, definition, base }: AuthParts): boolean {
  return (
    protocolName === 'anthropic' &&
    !isHost(dialect) &&
    (isSelfHosted(definition) || !hasHost(definition, base))
  )
}

/** A host of Claude knows its customers as it does for its other APIs; Azure as Anthropic does. */
function authNameOf({ config, protocolName, definition, dialect }: AuthParts): AuthName {
  // Google's own hosts take no keys of others, whichever API it is.
  if (definition === vertex && hasHost(definition, new URL(config.url))) return definition.auth
  if (isHost(dialect) && (definition.auth === 'aws' || definition.auth === 'google'))
    return definition.auth
  return family(protocolName) === family(definition.protocol)
    ? definition.auth
    : AUTH_OF_PROTOCOL[protocolName]
}

function nowhere(): Promise<never> {
  return Promise.reject(new Error('no way to ask for a token'))
}

/** Both APIs of OpenAI take the key alike. */
function family(name: ProtocolName): string {
  return name.startsWith('openai-') ? 'openai' : name
}
