import type { Quirks } from '../protocols/openai-chat/wire.ts'
import { MISTRAL_ID } from '../protocols/tool-id.ts'
import { ANY_SERVER, EFFORTS } from './efforts.ts'
import { isLoopback, isPrivateNetwork } from '../lib/loopback.ts'
import { hostMatches, localHosts } from './configured/hosts.ts'
import { COMPATIBLE, type ModelProtocol, type ProviderDefinition } from './definition.ts'

/** One row per known provider. A provider that is not here is `GENERIC`. */

type More = Partial<Omit<ProviderDefinition, 'id' | 'hosts' | 'format' | 'chat' | 'gemini'>>

/** A provider of Chat Completions; where it also has a Messages API, that is not Anthropic's own. */
function chat(
  id: string,
  hosts: readonly string[],
  quirks: Partial<Quirks> = {},
  more: More = {},
): ProviderDefinition {
  const thinking = EFFORTS[id] === undefined ? {} : { reasoning: EFFORTS[id] }
  const chat = { ...COMPATIBLE, midSystem: 'system', ...thinking, ...quirks } as const
  return { id, hosts, format: 'openai-chat', auth: 'bearer', firstParty: false, chat, ...more }
}

/** A server on this machine: its templates may know only a first system message. */
function local(id: string, port: number, more: More = {}): ProviderDefinition {
  return chat(id, localHosts(port), { midSystem: 'user', schemas: 'grammar' }, more)
}

export const GENERIC: ProviderDefinition = {
  id: 'openai-compatible',
  hosts: [],
  format: 'openai-chat',
  auth: 'bearer',
  // A gateway passes Claude's marks of the prompt cache on; a server that refuses them is asked again.
  chat: { ...COMPATIBLE, reasoning: ANY_SERVER, schemas: 'grammar', cacheControl: /claude/i },
}

export const ANTHROPIC: ProviderDefinition = {
  id: 'anthropic',
  hosts: ['api.anthropic.com'],
  format: 'anthropic',
  auth: 'x-api-key',
  firstParty: true,
  chat: COMPATIBLE,
}

/** https://ai.google.dev/api/generate-content; also Chat Completions under `…/v1beta/openai/`. */
export const GEMINI: ProviderDefinition = {
  id: 'gemini',
  hosts: ['generativelanguage.googleapis.com'],
  format: 'gemini',
  auth: 'x-goog-api-key',
  // https://ai.google.dev/gemini-api/docs/openai#thinking
  chat: {
    ...COMPATIBLE,
    thoughtSignatures: true,
    reasoning: EFFORTS['gemini'] ?? [],
  },
  gemini: { jsonSchema: true, ids: true },
  names: ['google', 'google-gemini'],
}

/** https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference */
export const VERTEX: ProviderDefinition = {
  id: 'vertex',
  hosts: ['aiplatform.googleapis.com', '*-aiplatform.googleapis.com'],
  format: 'gemini',
  auth: 'google',
  chat: COMPATIBLE,
  // FunctionCall of the stable API has no id: …/reference/rest/v1/Content#FunctionCall
  gemini: { jsonSchema: true, ids: false },
  claude: 'vertex',
  others: [{ models: /^claude/, format: 'anthropic', path: /^(?!.*\/publishers\/google\/)/ }],
  names: ['vertex-ai', 'google-vertex', 'vertex-gemini', 'vertex-claude'],
}

/**
 * Chat Completions on Vertex AI, for models of any maker:
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/start/openai
 */
export const VERTEX_OPENAI: ProviderDefinition = {
  id: 'vertex-openai',
  hosts: [],
  format: 'openai-chat',
  auth: 'google',
  chat: COMPATIBLE,
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html */
export const BEDROCK: ProviderDefinition = {
  id: 'bedrock',
  hosts: [
    'bedrock-runtime.*.amazonaws.com',
    'bedrock-runtime-fips.*.amazonaws.com',
    'bedrock-runtime.*.amazonaws.com.cn',
    '*.bedrock-runtime.*.vpce.amazonaws.com',
  ],
  format: 'bedrock-converse',
  auth: 'aws',
  chat: COMPATIBLE,
  claude: 'bedrock',
  // InvokeModel takes Claude's requests whole, marks of the prompt cache included.
  others: [
    { models: /(^|[./])claude-/, format: 'anthropic', path: /^(?!.*\/(converse|anthropic))/ },
  ],
  names: ['amazon-bedrock', 'aws-bedrock'],
}

/**
 * OpenAI's models, wherever they are served. Those that think refuse `max_tokens` (fixture
 * reasoning-model-legacy-parameter-error).
 */
const OPENAI: Partial<Quirks> = {
  maxTokens: 'max_completion_tokens',
  refusedByThinkers: ['temperature', 'top_p', 'stop'],
}

/**
 * Models that Chat Completions has not, or has with tools only as long as they do not think: "To use
 * function tools, use /v1/responses or set reasoning_effort to 'none'". docs/decisions/0008.
 */
const ON_RESPONSES: ModelProtocol = {
  models: /^(?!.*chat)(gpt-5\.[4-9]|gpt-[6-9]|.*codex|.*deep-research|(gpt|o\d).*-pro)/,
  format: 'openai-responses',
  path: /^\/?$|^\/v1(\/chat\/completions)?\/?$/,
  ownHost: true,
}

const REASONING_BACK: Partial<Quirks> = { reasoningHistory: 'reasoning_content' }

/** "The reasoning_content in the thinking mode must be passed back", whichever the model. */
const REASONING_REQUIRED: Partial<Quirks> = { ...REASONING_BACK, reasoningRequired: true }

/**
 * Their schemas refuse what they do not know: "property 'reasoning_content' is unsupported" (Groq),
 * "Extra inputs are not permitted" (Mistral), "Unrecognized request argument" (OpenAI).
 */
const REASONING_REFUSED: Partial<Quirks> = { reasoningHistory: 'refused' }

/** Its models that think have fixed sampling. */
const MOONSHOT: Partial<Quirks> = {
  ...REASONING_REQUIRED,
  thinksOrIsForced: true,
  refusedByThinkers: ['temperature', 'top_p'],
  // https://github.com/MoonshotAI/walle/blob/main/docs/mfjs-spec.md
  schemas: 'moonshot',
}

export const ROWS: readonly ProviderDefinition[] = [
  ANTHROPIC,
  GEMINI,
  VERTEX,
  BEDROCK,
  // https://platform.openai.com/docs/guides/prompt-caching, …/pdf-files
  chat(
    'openai',
    ['api.openai.com'],
    { ...OPENAI, ...REASONING_REFUSED, files: true, promptCacheKey: true, search: 'openai' },
    { others: [ON_RESPONSES] },
  ),
  // https://learn.microsoft.com/azure/ai-foundry/openai/reference: the deployment and api-version
  // are in the URL, which is given whole.
  chat(
    'azure',
    ['*.openai.azure.com', '*.services.ai.azure.com', '*.cognitiveservices.azure.com'],
    { ...OPENAI, promptCacheKey: true },
    { auth: 'api-key', claude: 'messages', names: ['azure-openai'], base: '/openai/v1' },
  ),
  // https://openrouter.ai/docs/use-cases/reasoning-tokens, …/features/multimodal/pdfs
  chat(
    'openrouter',
    ['openrouter.ai'],
    {
      reasoningHistory: 'reasoning',
      reasoningDetails: true,
      // https://openrouter.ai/docs/features/prompt-caching
      cacheControl: /^(anthropic\/|google\/gemini|~anthropic\/)|claude/,
      files: true,
      search: 'plugins',
    },
    { base: '/api/v1', costField: 'cost' },
  ),
  // https://api-docs.deepseek.com/guides/thinking_mode: tool turns must bring reasoning back;
  // https://api-docs.deepseek.com/guides/json_mode: json_object only.
  chat(
    'deepseek',
    ['api.deepseek.com'],
    { ...REASONING_REQUIRED, thinksOrIsForced: true, jsonSchema: false },
    { otherPaths: ['/beta'] },
  ),
  // https://console.groq.com/docs/api-reference#chat-create: max_tokens is deprecated.
  chat(
    'groq',
    ['api.groq.com'],
    { ...REASONING_REFUSED, maxTokens: 'max_completion_tokens', search: 'groq' },
    { base: '/openai/v1' },
  ),
  // Refuses unknown fields, and sends usage without being asked (fixture mistral-text). "Tool call id
  // … must be a-z, A-Z, 0-9, with a length of 9": https://github.com/langchain-ai/langchain/pull/24668
  chat('mistral', ['api.mistral.ai', 'codestral.mistral.ai'], {
    ...REASONING_REFUSED,
    streamOptions: false,
    midSystem: 'user',
    noUserBehindTool: true,
    toolIds: MISTRAL_ID,
  }),
  // https://docs.x.ai/docs/api-reference#chat-completions
  chat(
    'xai',
    ['api.x.ai'],
    { refusedByThinkers: ['stop'] },
    { names: ['grok', 'x.ai'], costField: 'cost_in_usd_ticks' },
  ),
  // https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model: reasoning_content goes back.
  chat('moonshot', ['api.moonshot.ai', 'api.moonshot.cn'], MOONSHOT, {
    names: ['moonshotai', 'kimi'],
  }),
  // The coding plan of the same maker: https://www.kimi.com/coding/docs/en/
  chat('kimi-coding', ['api.kimi.com'], MOONSHOT, {
    names: ['kimi-for-coding'],
    base: '/coding/v1',
  }),
  // https://docs.z.ai/guides/capabilities/thinking-mode: thinking goes back with tool results;
  // https://docs.z.ai/guides/capabilities/struct-output: json_object only.
  chat(
    'zai',
    ['api.z.ai', 'open.bigmodel.cn'],
    { ...REASONING_BACK, jsonSchema: false, search: 'zai' },
    { names: ['z.ai', 'glm', 'zhipu', 'bigmodel'], base: '/api/paas/v4' },
  ),
  // https://help.aliyun.com/en/model-studio/deep-thinking
  chat(
    'dashscope',
    [
      'dashscope.aliyuncs.com',
      'dashscope-*.aliyuncs.com',
      '*.dashscope.aliyuncs.com',
      '*.maas.aliyuncs.com',
    ],
    // "tool_choice … in thinking mode": https://github.com/cloudwego/eino/issues/994
    { ...REASONING_BACK, thinksOrIsForced: true, search: 'enable_search' },
    {
      names: ['qwen', 'alibaba', 'aliyun', 'bailian'],
      base: '/compatible-mode/v1',
    },
  ),
  // https://platform.xiaomimimo.com/docs: thinking, calls without text and reasoning as at DeepSeek.
  chat('xiaomi', ['api.xiaomimimo.com', '*.xiaomimimo.com'], REASONING_REQUIRED, {
    names: ['mimo', 'xiaomi-mimo'],
  }),
  // https://platform.minimax.io/docs/api-reference/text-openai-api: unless it is asked for apart,
  // reasoning stands in the text between tags.
  chat('minimax', ['api.minimax.io', 'api.minimaxi.com'], {
    maxTokens: 'max_completion_tokens',
    reasoningSplit: /minimax-m[2-9]/i,
    jsonSchema: false,
  }),
  // https://docs.siliconflow.com/en/api-reference/chat-completions/chat-completions
  chat('siliconflow', ['api.siliconflow.cn', 'api.siliconflow.com'], { jsonSchema: false }),
  // https://www.volcengine.com/docs/82379/1494384
  chat('volcengine', ['ark.*.volces.com', 'ark.*.bytepluses.com'], REASONING_BACK, {
    names: ['ark', 'doubao', 'byteplus'],
    base: '/api/v3',
  }),
  // https://docs.perplexity.ai: it searches for every answer; roles must alternate.
  chat('perplexity', ['api.perplexity.ai'], { midSystem: 'user', search: 'always' }),
  // https://docs.together.ai/reference/chat-completions-1
  chat(
    'together',
    ['api.together.xyz', 'api.together.ai'],
    { reasoningHistory: 'reasoning' },
    { names: ['togetherai'] },
  ),
  // https://docs.fireworks.ai/guides/reasoning: earlier reasoning_content is kept for the model.
  chat('fireworks', ['api.fireworks.ai'], REASONING_BACK, {
    names: ['fireworks-ai'],
    base: '/inference/v1',
  }),
  // https://inference-docs.cerebras.ai/resources/openai; `reasoning_content` is refused there
  // (https://github.com/vercel/ai/issues/15042).
  chat('cerebras', ['api.cerebras.ai'], {
    maxTokens: 'max_completion_tokens',
    reasoningHistory: 'reasoning',
  }),
  // https://docs.ollama.com/api/openai-compatibility
  local('ollama', 11434, { otherPaths: ['/api', '/api/chat', '/api/generate'] }),
  // https://lmstudio.ai/docs/developer/openai-compat
  local('lmstudio', 1234),
  // https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
  local('vllm', 8000),
  // https://github.com/ggml-org/llama.cpp/tree/master/tools/server
  local('llamacpp', 8080, { names: ['llama-server'] }),
  chat('demo', []),
]

/**
 * The row of a configured provider: by the host of its URL, else by its name. A name is what the user
 * likes: it tells which of the servers it is that people run themselves, and who is behind a server
 * of the user's own network, but nothing of somebody else's host.
 */
export function rowOf(name: string, url: URL): ProviderDefinition {
  const plain = plainName(name)
  const byHost = ROWS.find((row) => hasHost(row, url))
  if (byHost) return byHost
  const byName = ROWS.find((row) =>
    [row.id, ...(row.names ?? [])].some((other) => plainName(other) === plain),
  )
  return byName && (isSelfHosted(byName) || isPrivateNetwork(url.hostname)) ? byName : GENERIC
}

/** Whether people run this server themselves: no host is known to be its maker's. */
export function isSelfHosted({ hosts }: ProviderDefinition): boolean {
  return hosts.every((host) => isLoopback(host.replace(/:\d{1,5}$/, '')))
}

/** The row whose provider a built-in transformer was written for. */
export function rowOfTransformers(
  used: readonly { readonly name: string }[],
): ProviderDefinition | undefined {
  const named = used.find(({ name }) => PROVIDERS_OF_TRANSFORMERS.has(name))
  return ROWS.find(({ id }) => id === named?.name)
}

const PROVIDERS_OF_TRANSFORMERS: ReadonlySet<string> = new Set([
  'openrouter',
  'deepseek',
  'groq',
  'cerebras',
])

/** Whether the URL's host is known to be this provider's. */
export function hasHost(row: ProviderDefinition, url: URL): boolean {
  return row.hosts.some((pattern) => hostMatches(pattern, url.host))
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}
