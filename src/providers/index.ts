/** The providers that ccr knows, one file each. */
import { anthropic } from './anthropic.ts'
import { azure } from './azure.ts'
import { bedrock } from './bedrock.ts'
import { cerebras } from './cerebras.ts'
import { dashscope } from './dashscope.ts'
import { deepseek } from './deepseek.ts'
import type { ProviderDefinition } from './definition.ts'
import { demo } from './demo.ts'
import { fireworks } from './fireworks.ts'
import { gemini } from './gemini.ts'
import { groq } from './groq.ts'
import { kimiCoding } from './kimi-coding.ts'
import { llamacpp } from './llamacpp.ts'
import { lmstudio } from './lmstudio.ts'
import { minimax } from './minimax.ts'
import { mistral } from './mistral.ts'
import { moonshot } from './moonshot.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openrouter } from './openrouter.ts'
import { perplexity } from './perplexity.ts'
import { siliconflow } from './siliconflow.ts'
import { together } from './together.ts'
import { vertex } from './vertex.ts'
import { vllm } from './vllm.ts'
import { volcengine } from './volcengine.ts'
import { xai } from './xai.ts'
import { xiaomi } from './xiaomi.ts'
import { zai } from './zai.ts'

/** In the order in which `ccr init` offers them and chooses its default. */
export const PROVIDERS: readonly ProviderDefinition[] = [
  openrouter,
  anthropic,
  openai,
  gemini,
  deepseek,
  moonshot,
  zai,
  xai,
  mistral,
  groq,
  dashscope,
  minimax,
  together,
  fireworks,
  cerebras,
  azure,
  vertex,
  bedrock,
  kimiCoding,
  siliconflow,
  volcengine,
  xiaomi,
  perplexity,
  ollama,
  lmstudio,
  llamacpp,
  vllm,
  demo,
]

/** A provider by its id. */
export function providerById(id: string): ProviderDefinition | undefined {
  return PROVIDERS.find((provider) => provider.id === id)
}
