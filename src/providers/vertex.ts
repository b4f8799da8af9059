/** Gemini and Claude on Vertex AI. https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference */
import { defineProvider, sourced } from './definition.ts'

export const vertex = defineProvider({
  id: 'vertex',
  title: 'Vertex AI',
  names: ['vertex-ai', 'google-vertex', 'vertex-gemini', 'vertex-claude'],
  kind: 'hosted',
  hosts: ['aiplatform.googleapis.com', '*-aiplatform.googleapis.com'],
  protocol: 'gemini',
  modelProtocols: [
    {
      models: /^claude/,
      protocol: 'anthropic',
      path: /^(?!.*\/publishers\/google\/)/,
      source:
        'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude',
    },
  ],
  messagesApi: 'vertex',
  auth: 'google',
  geminiQuirks: {
    jsonSchema: sourced(
      true,
      'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference',
    ),
    // FunctionCall of the stable API has no id.
    ids: sourced(
      false,
      'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/Content#FunctionCall',
    ),
  },
  reasoning: { none: 'it speaks Gemini and Anthropic Messages, which have fields for it' },
  init: { none: 'it has no key: Google’s credentials and a project are needed' },
  live: { none: 'it has no key: Google’s credentials and a project are needed' },
  catalogue: { piAi: ['google-vertex'], genaiPrices: 'google' },
  docs: {
    addresses: ['https://REGION-aiplatform.googleapis.com for Gemini and Claude'],
    section: {
      title: 'Vertex AI',
      text: "Use `https://REGION-aiplatform.googleapis.com` (or `https://aiplatform.googleapis.com`) and set `GOOGLE_CLOUD_PROJECT`. Models whose ids begin with `claude` are called through Anthropic's publisher path (`…:streamRawPredict`), all others as Gemini. The transformers `vertex-gemini` and `vertex-claude` of existing configs mean the same. Credentials are Google's application default credentials: `GOOGLE_APPLICATION_CREDENTIALS`, or the file that `gcloud auth application-default login` wrote.",
    },
  },
})

/** Chat Completions on Vertex AI, for models of any maker; only a transformer of that name leads here. */
export const vertexOpenAi = defineProvider({
  id: 'vertex-openai',
  kind: 'hosted',
  hosts: [],
  protocol: 'openai-chat',
  auth: 'google',
  quirks: {
    midSystem: sourced(
      'user',
      'models of any maker: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/start/openai',
    ),
  },
  reasoning: { none: 'nothing is known about its models' },
  init: { none: 'only a transformer of old configs leads here' },
  live: { none: 'only a transformer of old configs leads here' },
  catalogue: { none: 'nothing is known about its models' },
  docs: { addresses: [] },
})
