/** What `ccr init` can set up: providers by the variable that holds their key, local servers by their port. */

export interface Preset {
  readonly name: string
  /** The variables in which its key is looked for; the first is the usual one. */
  readonly variables: readonly string[]
  readonly url: string
  /** A few models worth starting with, the default first; each is in the catalogue. */
  readonly models: readonly string[]
  /** Where a key is to be had. */
  readonly keys: string
}

/** In the order in which the default is chosen. */
export const PRESETS: readonly Preset[] = [
  {
    name: 'openrouter',
    variables: ['OPENROUTER_API_KEY'],
    url: 'https://openrouter.ai/api/v1/chat/completions',
    models: [
      'anthropic/claude-sonnet-5.5',
      'openai/gpt-6.1-sol',
      'google/gemini-4-argon',
      'deepseek/deepseek-v4.1-flash',
      'moonshotai/kimi-k3',
      'z-ai/glm-5.3',
    ],
    keys: 'https://openrouter.ai/keys',
  },
  {
    name: 'anthropic',
    variables: ['ANTHROPIC_API_KEY'],
    url: 'https://api.anthropic.com/v1/messages',
    models: ['claude-sonnet-5-5', 'claude-opus-5-5', 'claude-haiku-5-5'],
    keys: 'https://console.anthropic.com/settings/keys',
  },
  {
    name: 'openai',
    variables: ['OPENAI_API_KEY'],
    // The Responses API: it gives a model's reasoning back to it in the next turn.
    url: 'https://api.openai.com/v1/responses',
    models: ['gpt-6.1-sol', 'gpt-6.1-terra', 'gpt-6-luna'],
    keys: 'https://platform.openai.com/api-keys',
  },
  {
    name: 'gemini',
    variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    url: 'https://generativelanguage.googleapis.com/v1beta/models/',
    models: ['gemini-4-argon', 'gemini-3.8-flash'],
    keys: 'https://aistudio.google.com/apikey',
  },
  {
    name: 'deepseek',
    variables: ['DEEPSEEK_API_KEY'],
    url: 'https://api.deepseek.com/chat/completions',
    models: ['deepseek-v4-pro', 'deepseek-flash'],
    keys: 'https://platform.deepseek.com/api_keys',
  },
  {
    name: 'moonshot',
    variables: ['MOONSHOT_API_KEY'],
    url: 'https://api.moonshot.ai/v1/chat/completions',
    models: ['kimi-k3', 'kimi-k2.7-code'],
    keys: 'https://platform.moonshot.ai/console/api-keys',
  },
  {
    name: 'zai',
    variables: ['ZAI_API_KEY'],
    url: 'https://api.z.ai/api/paas/v4/chat/completions',
    models: ['glm-5.3', 'glm-5.3-flash'],
    keys: 'https://z.ai/manage-apikey/apikey-list',
  },
  {
    name: 'xai',
    variables: ['XAI_API_KEY'],
    url: 'https://api.x.ai/v1/chat/completions',
    models: ['grok-4.7', 'grok-4.3'],
    keys: 'https://console.x.ai',
  },
  {
    name: 'mistral',
    variables: ['MISTRAL_API_KEY'],
    url: 'https://api.mistral.ai/v1/chat/completions',
    models: ['devstral-latest', 'mistral-large-latest', 'mistral-small-latest'],
    keys: 'https://console.mistral.ai/api-keys',
  },
  {
    name: 'groq',
    variables: ['GROQ_API_KEY'],
    url: 'https://api.groq.com/openai/v1/chat/completions',
    models: ['openai/gpt-oss-120b', 'qwen/qwen3.8-27b'],
    keys: 'https://console.groq.com/keys',
  },
  {
    name: 'dashscope',
    variables: ['DASHSCOPE_API_KEY'],
    url: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions',
    models: ['qwen3.8-max', 'qwen3.8-flash'],
    keys: 'https://modelstudio.console.alibabacloud.com',
  },
  {
    name: 'minimax',
    variables: ['MINIMAX_API_KEY'],
    url: 'https://api.minimax.io/v1/chat/completions',
    models: ['MiniMax-M3', 'MiniMax-M3.1-Flash'],
    keys: 'https://platform.minimax.io',
  },
  {
    name: 'together',
    variables: ['TOGETHER_API_KEY'],
    url: 'https://api.together.xyz/v1/chat/completions',
    models: ['moonshotai/Kimi-K3', 'zai-org/GLM-5.3'],
    keys: 'https://api.together.ai/settings/api-keys',
  },
  {
    name: 'fireworks',
    variables: ['FIREWORKS_API_KEY'],
    url: 'https://api.fireworks.ai/inference/v1/chat/completions',
    models: ['accounts/fireworks/models/kimi-k3', 'accounts/fireworks/models/glm-5p3'],
    keys: 'https://app.fireworks.ai/settings/users/api-keys',
  },
  {
    name: 'cerebras',
    variables: ['CEREBRAS_API_KEY'],
    url: 'https://api.cerebras.ai/v1/chat/completions',
    models: ['gpt-oss-120b', 'qwen-3.8-27b'],
    keys: 'https://cloud.cerebras.ai',
  },
]

export interface LocalServer {
  readonly name: string
  /** What people call it. */
  readonly title: string
  /** Its address, without a path. */
  readonly origin: string
}

/** The servers that people run models with, where they listen unless told otherwise. */
export const LOCAL_SERVERS: readonly LocalServer[] = [
  { name: 'ollama', title: 'Ollama', origin: 'http://127.0.0.1:11434' },
  { name: 'lmstudio', title: 'LM Studio', origin: 'http://127.0.0.1:1234' },
  { name: 'llamacpp', title: 'llama.cpp', origin: 'http://127.0.0.1:8080' },
  { name: 'vllm', title: 'vLLM', origin: 'http://127.0.0.1:8000' },
]
