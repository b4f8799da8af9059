/** Providers that can be asked with a key out of the environment: a small model of each. */
export interface LiveRow {
  /** The row of `docs/providers.md`. */
  readonly name: string
  readonly variable: string
  readonly url: string
  readonly model: string
}

export const LIVE_ROWS: readonly LiveRow[] = [
  ['anthropic', 'ANTHROPIC_API_KEY', 'https://api.anthropic.com/v1/messages', 'claude-haiku-4-5'],
  ['openai', 'OPENAI_API_KEY', 'https://api.openai.com/v1/chat/completions', 'gpt-4o-mini'],
  ['openai-responses', 'OPENAI_API_KEY', 'https://api.openai.com/v1/responses', 'gpt-5-mini'],
  [
    'gemini',
    'GEMINI_API_KEY',
    'https://generativelanguage.googleapis.com/v1beta/models/',
    'gemini-2.5-flash',
  ],
  [
    'openrouter',
    'OPENROUTER_API_KEY',
    'https://openrouter.ai/api/v1/chat/completions',
    'openai/gpt-4o-mini',
  ],
  ['deepseek', 'DEEPSEEK_API_KEY', 'https://api.deepseek.com/chat/completions', 'deepseek-chat'],
  ['groq', 'GROQ_API_KEY', 'https://api.groq.com/openai/v1/chat/completions', 'openai/gpt-oss-20b'],
  [
    'mistral',
    'MISTRAL_API_KEY',
    'https://api.mistral.ai/v1/chat/completions',
    'mistral-small-latest',
  ],
  ['xai', 'XAI_API_KEY', 'https://api.x.ai/v1/chat/completions', 'grok-4-fast'],
  ['moonshot', 'MOONSHOT_API_KEY', 'https://api.moonshot.ai/v1/chat/completions', 'kimi-k2.6'],
  ['zai', 'ZAI_API_KEY', 'https://api.z.ai/api/paas/v4/chat/completions', 'glm-4.7'],
  [
    'dashscope',
    'DASHSCOPE_API_KEY',
    'https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions',
    'qwen-plus',
  ],
  ['minimax', 'MINIMAX_API_KEY', 'https://api.minimax.io/v1/chat/completions', 'MiniMax-M2.7'],
  [
    'siliconflow',
    'SILICONFLOW_API_KEY',
    'https://api.siliconflow.cn/v1/chat/completions',
    'Qwen/Qwen3-8B',
  ],
  [
    'together',
    'TOGETHER_API_KEY',
    'https://api.together.xyz/v1/chat/completions',
    'openai/gpt-oss-20b',
  ],
  [
    'fireworks',
    'FIREWORKS_API_KEY',
    'https://api.fireworks.ai/inference/v1/chat/completions',
    'accounts/fireworks/models/gpt-oss-20b',
  ],
  ['cerebras', 'CEREBRAS_API_KEY', 'https://api.cerebras.ai/v1/chat/completions', 'gpt-oss-120b'],
  [
    'bedrock',
    'AWS_BEARER_TOKEN_BEDROCK',
    'https://bedrock-runtime.us-east-1.amazonaws.com',
    'us.amazon.nova-lite-v1:0',
  ],
].map(([name = '', variable = '', url = '', model = '']) => ({ name, variable, url, model }))
