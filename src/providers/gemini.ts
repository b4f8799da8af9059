/** Google's Gemini API: generateContent, and Chat Completions under `…/v1beta/openai/`. https://ai.google.dev/api/generate-content */
import { defineProvider, REASONING_EFFORT, sourced } from './definition.ts'

export const gemini = defineProvider({
  id: 'gemini',
  names: ['google', 'google-gemini'],
  kind: 'hosted',
  hosts: ['generativelanguage.googleapis.com'],
  protocol: 'gemini',
  auth: 'x-goog-api-key',
  quirks: {
    thoughtSignatures: sourced(true, 'https://ai.google.dev/gemini-api/docs/thought-signatures'),
  },
  geminiQuirks: {
    jsonSchema: sourced(true, 'https://ai.google.dev/api/generate-content'),
    ids: sourced(true, 'https://ai.google.dev/api/generate-content'),
  },
  reasoning: sourced([REASONING_EFFORT], 'https://ai.google.dev/gemini-api/docs/openai#thinking'),
  init: {
    variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    url: 'https://generativelanguage.googleapis.com/v1beta/models/',
    models: ['gemini-4-argon', 'gemini-3.8-flash'],
    keys: 'https://aistudio.google.com/apikey',
  },
  live: [{ model: 'gemini-2.5-flash' }],
  catalogue: {
    piAi: ['google'],
    genaiPrices: 'google',
    reference: 'maker',
    closedWeights: /^google\/gemini-/,
  },
  docs: {
    addresses: ['https://generativelanguage.googleapis.com/v1beta/models/', '…/v1beta/openai/'],
    key: '`x-goog-api-key`, bearer',
  },
})
