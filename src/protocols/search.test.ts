/** The web search that today's client asks for, on every format: what is sent, and what comes of the answer. */
import { describe, expect, it } from 'vitest'
import { sseFrames } from '../framing/sse.ts'
import { collect } from '../messages/collect.ts'
import { SIGNATURE_PREFIX } from '../messages/reasoning-signature.ts'
import type { MessagesRequest } from '../messages/request.ts'
import { requestedSearch } from '../messages/web-search.ts'
import { chatQuirks } from '../providers/definition.ts'
import { providerById } from '../providers/index.ts'
import { chatBytes, decodedEvents, reads, sdkMessage } from '../../test/support/stream.ts'
import { bedrockConverse } from './bedrock-converse/index.ts'
import type { Protocol } from './protocol.ts'
import { gemini } from './gemini/index.ts'
import { openaiChat } from './openai-chat/index.ts'
import { openaiResponses } from './openai-responses/index.ts'
import { OPENAI } from './openai-responses/types.ts'

const TOOL = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 }
const PROMPT = 'Perform a web search for the query: otters'

function asking(tool: object = TOOL): MessagesRequest {
  return {
    model: 'm',
    messages: [{ role: 'user', content: [{ type: 'text', text: PROMPT }] }],
    tools: [tool as typeof TOOL],
    tool_choice: { type: 'auto' },
  }
}

function chatOf(row: string): Protocol {
  return openaiChat(chatQuirks(providerById(row)!))
}

const GEMINI = gemini({ jsonSchema: true, ids: true })

describe('a web search that the client asks for', () => {
  it.each([
    ['openrouter', 'm', { plugins: [{ id: 'web' }] }],
    ['dashscope', 'qwen3-max', { enable_search: true }],
    ['zai', 'glm-4.7', { tools: [{ type: 'web_search', web_search: { enable: true } }] }],
    ['groq', 'openai/gpt-oss-120b', { tools: [{ type: 'browser_search' }] }],
    ['openai', 'gpt-4o-search-preview', { web_search_options: {} }],
    ['perplexity', 'sonar', {}],
  ])('is the own one of %s', (row, model, fields) => {
    const { body, dropped } = chatOf(row).encode(asking(), { provider: 'p', model })
    expect(body).toMatchObject(fields)
    expect(dropped).toEqual([])
    expect(JSON.stringify(body)).not.toContain('not available')
  })

  it('is that of Responses and of Gemini, with what it found', () => {
    const target = { provider: 'p', model: 'gpt-5.1' }
    expect(openaiResponses(OPENAI).encode(asking(), target).body).toMatchObject({
      tools: [{ type: 'web_search' }],
      include: ['reasoning.encrypted_content', 'web_search_call.action.sources'],
    })
    expect(GEMINI.encode(asking(), target).body).toMatchObject({ tools: [{ googleSearch: {} }] })
  })

  it.each([
    ['groq', chatOf('groq')],
    ['deepseek', chatOf('deepseek')],
    ['moonshot', chatOf('moonshot')],
    ['openai', chatOf('openai')],
    ['bedrock', bedrockConverse],
  ])(
    'is left out and named on %s, and the model is told so that it makes nothing up',
    (_, format) => {
      const { body, dropped } = format.encode(asking(), { provider: 'p', model: 'm' })
      expect(dropped).toEqual(['tools.web_search_20250305'])
      expect(body).not.toHaveProperty('tools')
      expect(JSON.stringify(body)).toContain('Web search is not available with this model')
    },
  )

  it('keeps the limits that a target has, names the others, and takes an empty list for none', () => {
    const limited = { ...TOOL, allowed_domains: ['a.org'], blocked_domains: [] }
    const blocking = { ...TOOL, allowed_domains: [], blocked_domains: ['b.org'] }
    const perplexity = (tool: object) =>
      chatOf('perplexity').encode(asking(tool), { provider: 'p', model: 'sonar' })
    expect(perplexity(limited).body).toMatchObject({ search_domain_filter: ['a.org'] })
    expect(perplexity(blocking).body).toMatchObject({ search_domain_filter: ['-b.org'] })
    expect(perplexity({ ...TOOL, allowed_domains: [] }).body).not.toHaveProperty(
      'search_domain_filter',
    )
    const { dropped } = chatOf('openrouter').encode(asking(limited), { provider: 'p', model: 'm' })
    expect(dropped).toEqual(['tools.web_search.allowed_domains'])
  })
})

const PAGES = [
  { url: 'https://a.org/otters', title: 'Otters' },
  { url: 'https://b.org', title: 'https://b.org' },
]
const SEARCH = requestedSearch(asking(), () => 'srvtoolu_1')
const done = (delta: object, more: object = {}) => [
  { choices: [{ delta: { content: 'They hold hands.' } }] },
  { choices: [{ delta, finish_reason: 'stop' }], ...more },
]

const ANSWERS: readonly (readonly [string, Protocol, readonly object[], string])[] = [
  [
    'annotations (OpenRouter, OpenAI)',
    chatOf('openrouter'),
    done({ annotations: PAGES.map((page) => ({ type: 'url_citation', url_citation: page })) }),
    'otters',
  ],
  [
    'search_results (Perplexity)',
    chatOf('perplexity'),
    done({}, { search_results: PAGES }),
    'otters',
  ],
  [
    'web_search (z.ai)',
    chatOf('zai'),
    done({}, { web_search: [{ link: PAGES[0]!.url, title: 'Otters' }, { link: PAGES[1]!.url }] }),
    'otters',
  ],
  [
    'executed_tools (Groq)',
    chatOf('groq'),
    done({
      executed_tools: [
        { type: 'search', arguments: '{"query":"sea otters"}', search_results: { results: PAGES } },
      ],
    }),
    'sea otters',
  ],
  [
    'grounding (Gemini)',
    GEMINI,
    [
      {
        candidates: [
          {
            content: { parts: [{ text: 'They hold hands.' }] },
            finishReason: 'STOP',
            groundingMetadata: {
              webSearchQueries: ['sea otters'],
              groundingChunks: [
                { web: { uri: PAGES[0]!.url, title: 'Otters' } },
                { web: { uri: PAGES[1]!.url } },
              ],
            },
          },
        ],
      },
    ],
    'sea otters',
  ],
  [
    'a search call (Responses)',
    openaiResponses(OPENAI),
    [
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: {
          type: 'web_search_call',
          action: { type: 'search', query: 'sea otters', sources: [{ url: PAGES[1]!.url }] },
        },
      },
      { type: 'response.output_text.delta', output_index: 1, delta: 'They hold hands.' },
      {
        type: 'response.output_text.annotation.added',
        output_index: 1,
        annotation: { type: 'url_citation', ...PAGES[0] },
      },
      { type: 'response.completed', response: { status: 'completed' } },
    ],
    'sea otters',
  ],
]

describe('an answer that rests on a search', () => {
  it.each(ANSWERS)('has links out of %s where the client asked for a search', async (...row) => {
    const [, format, chunks, query] = row
    const frames = sseFrames(reads(chatBytes(...chunks)))
    const events = await decodedEvents((...how) => format.decoder(...how), frames, {
      search: SEARCH,
    })
    const message = await sdkMessage(events)
    const [call, result] = message.content.filter(({ type }) => /server|result/.test(type))
    expect(call).toEqual({
      type: 'server_tool_use',
      id: 'srvtoolu_1',
      name: 'web_search',
      input: { query },
      caller: { type: 'direct' },
    })
    expect(result).toMatchObject({
      type: 'web_search_tool_result',
      tool_use_id: 'srvtoolu_1',
      content: PAGES.map((page) => ({ type: 'web_search_result', ...page, page_age: null })),
    })
    expect(JSON.stringify(result)).toContain(`"encrypted_content":"${SIGNATURE_PREFIX}`)
    expect(message.content.map((b) => (b.type === 'text' ? b.text : '')).join('')).toBe(
      'They hold hands.',
    )
    expect(message.stop_reason).toBe('end_turn')
    expect(message.usage.server_tool_use).toMatchObject({ web_search_requests: 1 })
    const whole = await collect(batch(events))
    expect(whole.content).toEqual(message.content)
  })

  it.each(ANSWERS)('lists its sources as text out of %s where it did not', async (...row) => {
    const [, format, chunks] = row
    const frames = sseFrames(reads(chatBytes(...chunks)))
    const message = await sdkMessage(
      await decodedEvents((...how) => format.decoder(...how), frames),
    )
    expect(message.content.map(({ type }) => type)).not.toContain('server_tool_use')
    expect(JSON.stringify(message.content)).toContain('Sources:')
  })

  it('has no search where none took place', async () => {
    const frames = sseFrames(reads(chatBytes(...done({}))))
    const format = chatOf('openrouter')
    const message = await sdkMessage(
      await decodedEvents((...how) => format.decoder(...how), frames, { search: SEARCH }),
    )
    expect(message.content.map(({ type }) => type)).toEqual(['text'])
    expect(message.usage.server_tool_use).toBeFalsy()
  })
})

async function* batch<T>(events: T): AsyncGenerator<T> {
  await Promise.resolve()
  yield events
}
