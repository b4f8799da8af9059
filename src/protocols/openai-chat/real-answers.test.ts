import { describe, expect, it } from 'vitest'
import { chatBytes, chatEvents, reads, sdkMessage } from '../../../test/support/stream.ts'

/** What providers were seen to send; written by hand after their documentation and bug reports. */

const chunk = (delta: object, finish: string | null = null, more: object = {}): object => ({
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
})
const call = (part: object): object => ({ tool_calls: [part] })
const message = async (...chunks: readonly unknown[]) =>
  sdkMessage(await chatEvents(reads(chatBytes(...chunks))))

describe('answers as providers really send them', () => {
  it('a call in the old field of the only call', async () => {
    const { content, stop_reason } = await message(
      chunk({ function_call: { name: 'A', arguments: '' } }),
      chunk({ function_call: { arguments: '{"x":' } }),
      chunk({ function_call: { arguments: '1}' } }),
      chunk({}, 'function_call'),
    )
    expect(content).toMatchObject([{ type: 'tool_use', name: 'A', input: { x: 1 } }])
    expect(stop_reason).toBe('tool_use')
  })

  // llama-cpp-python 0.3.36, run here on 2026-11-30.
  it('a call in the old field and in the list', async () => {
    const both = (part: object): object => ({
      function_call: part,
      tool_calls: [{ index: 0, id: 'a', type: 'function', function: part }],
    })
    const { content, stop_reason } = await message(
      chunk(both({ name: 'A', arguments: '{"x"' })),
      chunk(both({ name: 'A', arguments: ':1}' })),
      chunk({ function_call: null, tool_calls: null }, 'tool_calls'),
    )
    expect(content).toEqual([{ type: 'tool_use', id: 'a', name: 'A', input: { x: 1 } }])
    expect(stop_reason).toBe('tool_use')
  })

  it('the whole arguments of a call twice', async () => {
    const whole = { index: 0, id: 'a', function: { name: 'A', arguments: '{"x":1}' } }
    const { content } = await message(
      chunk(call(whole)),
      chunk(call(whole)),
      chunk({}, 'tool_calls'),
    )
    expect(content).toMatchObject([{ name: 'A', input: { x: 1 } }])
  })

  it('the name and the id with each piece of a call', async () => {
    const piece = (args: string): object =>
      chunk(call({ index: 0, id: 'a', function: { name: 'A', arguments: args } }))
    const { content } = await message(piece('{"x"'), piece(':1}'), chunk({}, 'tool_calls'))
    expect(content).toMatchObject([{ name: 'A', input: { x: 1 } }])
  })

  it('nulls where a piece of a call has nothing to say', async () => {
    const { content } = await message(
      chunk(
        call({ index: 0, id: 'a', type: 'function', function: { name: 'A', arguments: null } }),
      ),
      chunk(call({ index: 0, id: null, function: { name: null, arguments: '{"q":1}' } })),
      chunk({ content: null, tool_calls: null }, 'tool_calls'),
    )
    expect(content).toMatchObject([{ id: 'a', name: 'A', input: { q: 1 } }])
  })

  it('a second whole object under one index, without an id', async () => {
    const piece = (name: string | undefined, x: number): object =>
      chunk(call({ index: 0, function: { name, arguments: JSON.stringify({ x }) } }))
    const two = await message(piece('A', 1), piece('B', 2), chunk({}, 'tool_calls'))
    expect(two.content).toMatchObject([
      { name: 'A', input: { x: 1 } },
      { name: 'B', input: { x: 2 } },
    ])
  })

  it('an empty object, and then the arguments', async () => {
    const { content } = await message(
      chunk(call({ index: 0, id: 'a', function: { name: 'A', arguments: '{}' } })),
      chunk(call({ index: 0, function: { arguments: '{"x"' } })),
      chunk(call({ index: 0, function: { arguments: ':1}' } })),
      chunk({}, 'tool_calls'),
    )
    expect(content).toMatchObject([{ name: 'A', input: { x: 1 } }])
  })

  it('arguments as JSON text of a string', async () => {
    const twice = JSON.stringify(JSON.stringify({ x: '"' }))
    const { content } = await message(
      chunk(call({ index: 0, id: 'a', function: { name: 'A', arguments: twice.slice(0, 5) } })),
      chunk(call({ index: 0, function: { arguments: twice.slice(5) } })),
      chunk({}, 'tool_calls'),
    )
    expect(content).toMatchObject([{ name: 'A', input: { x: '"' } }])
  })

  it('a name in pieces, and one that is said again', async () => {
    const { content } = await message(
      chunk(call({ index: 0, id: 'a', function: { name: 'mcp__', arguments: '' } })),
      chunk(call({ index: 0, function: { name: 'A', arguments: '' } })),
      chunk(call({ index: 0, function: { name: 'A', arguments: '{}' } })),
      chunk(call({ index: 1, id: 'b', function: { name: 'B', arguments: '' } })),
      chunk(call({ index: 1, function: { name: 'B', arguments: '' } })),
      chunk({}, 'tool_calls'),
    )
    expect(content).toMatchObject([
      { name: expect.stringContaining('mcp__A') as string },
      { name: 'B' },
    ])
  })

  it('an empty call beside a text', async () => {
    const empty = { content: '4', function_call: { name: '', arguments: '' }, tool_calls: [{}] }
    expect((await message(chunk(empty, 'stop'))).content).toMatchObject([{ text: '4' }])
    const whole = { choices: [{ message: empty, finish_reason: 'stop' }] }
    expect((await message(whole)).content).toMatchObject([{ text: '4' }])
  })

  it('the call in a second choice, the text in the first', async () => {
    const tool_calls = [{ id: 'a', function: { name: 'A', arguments: '{"x":1}' } }]
    const { content, stop_reason } = await message({
      choices: [
        { index: 0, message: { content: 'I look.' }, finish_reason: 'tool_calls' },
        { index: 0, message: { content: null, tool_calls }, finish_reason: 'tool_calls' },
      ],
    })
    expect(content).toMatchObject([{ text: 'I look.' }, { name: 'A', input: { x: 1 } }])
    expect(stop_reason).toBe('tool_use')
  })

  it.each(['', null])('a document whose finish reason is %j', async (finish_reason) => {
    const { content, stop_reason } = await message({
      choices: [{ message: { content: 'hi' }, finish_reason }],
    })
    expect(content).toMatchObject([{ text: 'hi' }])
    expect(stop_reason).toBe('end_turn')
  })

  it('thoughts behind the text, which end no answer', async () => {
    const { content } = await message(
      chunk({ reasoning_content: 'a' }),
      chunk({ content: 'Hello' }),
      chunk({ reasoning_content: 'b' }, 'stop'),
    )
    expect(content).toMatchObject([{ thinking: 'a' }, { text: 'Hello' }])
    const between = await message(
      chunk({ content: 'Hello' }),
      chunk({ reasoning_content: 'b' }),
      chunk(call({ index: 0, id: 'a', function: { name: 'A', arguments: '{}' } }), 'tool_calls'),
    )
    expect(between.content).toMatchObject([{ text: 'Hello' }, { thinking: 'b' }, { name: 'A' }])
  })

  it.each(['function_call_filter: MALFORMED_FUNCTION_CALL', 'error: timeout'])(
    'a finish reason that tells of a failure: %s',
    async (finish) => {
      await expect(message(chunk({}, finish))).rejects.toThrow('broke off')
    },
  )

  it.each(['reasoning_content', 'reasoning', 'reasoning_text'])('thoughts as %s', async (field) => {
    const { content } = await message(chunk({ [field]: 'hm' }), chunk({ content: 'yes' }, 'stop'))
    expect(content).toMatchObject([{ thinking: 'hm' }, { text: 'yes' }])
  })

  it('the same thoughts under two names', async () => {
    const both = { reasoning: 'hm', reasoning_content: 'hm' }
    const { content } = await message(chunk(both), chunk({ content: 'yes' }, 'stop'))
    expect(content).toMatchObject([{ thinking: 'hm' }, { text: 'yes' }])
  })

  it('pages that it cites, as OpenAI and OpenRouter have them', async () => {
    const cited = { type: 'url_citation', url_citation: { url: 'https://a.example', title: 'A' } }
    const { content } = await message(
      chunk({ content: 'so' }),
      chunk({ annotations: [cited, cited, { type: 'file' }] }),
      chunk({}, 'stop'),
    )
    expect(content).toMatchObject([{ text: 'so\n\nSources:\n1. [A](https://a.example)' }])
  })

  it('pages that it cites, as Perplexity has them in every chunk', async () => {
    const found = {
      citations: ['https://a.example', 'https://b.example'],
      search_results: [
        { title: 'A', url: 'https://a.example' },
        { title: null, url: 'https://b.example' },
      ],
    }
    const { content } = await message(
      chunk({ content: 'so[1]' }, null, found),
      chunk({ content: '[2]' }, 'stop', found),
    )
    expect(content).toMatchObject([
      {
        text: 'so[1][2]\n\nSources:\n1. [A](https://a.example)\n2. [https://b.example](https://b.example)',
      },
    ])
  })

  it.each([
    [{ x_groq: { usage: { prompt_tokens: 5, completion_tokens: 2 } } }, 5, 0, 0],
    [
      { usage: { prompt_tokens: 50, completion_tokens: 2, prompt_cache_hit_tokens: 40 } },
      10,
      40,
      0,
    ],
    [
      {
        usage: {
          prompt_tokens: 50,
          completion_tokens: 2,
          prompt_tokens_details: { cached_tokens: 10, cache_creation_input_tokens: 30 },
        },
      },
      10,
      10,
      30,
    ],
    [
      {
        usage: {
          prompt_tokens: 50,
          completion_tokens: 2,
          cache_read_input_tokens: 20,
          cache_creation_input_tokens: 20,
        },
      },
      10,
      20,
      20,
    ],
  ])('usage as %j', async (more, input, read, written) => {
    const { usage } = await message(chunk({ content: 'a' }), chunk({}, 'stop', more))
    expect(usage).toMatchObject({
      input_tokens: input,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: written,
      output_tokens: 2,
    })
  })

  it.each([
    ['STOP', 'end_turn'],
    ['MAX_TOKENS', 'max_tokens'],
    ['SAFETY', 'refusal'],
    ['content_filter', 'refusal'],
    ['sensitive', 'refusal'],
    ['model_length', 'max_tokens'],
    ['model_context_window_exceeded', 'model_context_window_exceeded'],
    ['something_new', 'end_turn'],
  ])('the finish reason %s', async (finish, stop) => {
    expect((await message(chunk({ content: 'a' }, finish))).stop_reason).toBe(stop)
  })
})

describe('errors inside a 200, as providers really send them', () => {
  it.each([
    [
      'OpenRouter',
      {
        choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
        error: { code: 502, message: 'Provider disconnected' },
      },
      { kind: 'api_error', status: 502, message: 'p: Provider disconnected' },
    ],
    [
      'OpenRouter, in the choice',
      { choices: [{ index: 0, error: { code: 429, message: 'slow' }, finish_reason: 'error' }] },
      { kind: 'rate_limit_error', status: 429 },
    ],
    [
      'vLLM',
      { object: 'error', message: 'boom', type: 'InternalServerError', code: 500 },
      { kind: 'api_error', status: 500, message: 'p: boom' },
    ],
    [
      'MiniMax',
      { choices: null, base_resp: { status_code: 1004, status_msg: 'login fail' } },
      { kind: 'authentication_error', message: 'p: login fail' },
    ],
    [
      'SiliconFlow',
      { code: 20012, message: 'Model does not exist. Please check it carefully.', data: null },
      { kind: 'not_found_error', status: 404 },
    ],
    ['FastAPI', { detail: 'Internal error' }, { kind: 'api_error', message: 'p: Internal error' }],
    [
      'Baidu',
      { error_code: 336003, error_msg: 'the max input characters is 5120' },
      { kind: 'invalid_request_error', overflow: true },
    ],
    ['a word alone', { error: 'busy' }, { kind: 'api_error', message: 'p: busy' }],
    [
      'a finish reason',
      chunk({ content: 'a' }, 'network_error'),
      { kind: 'api_error', status: 502 },
    ],
  ])('%s', async (_who, received, error) => {
    await expect(message(received)).rejects.toMatchObject(error)
    await expect(message(chunk({ content: 'half' }), received)).rejects.toMatchObject(error)
  })

  it('MiniMax says in each chunk that all is well', async () => {
    const well = { base_resp: { status_code: 0, status_msg: '' } }
    const { content } = await message(chunk({ content: 'a' }, 'stop', well))
    expect(content).toMatchObject([{ text: 'a' }])
  })

  it('llama.cpp has a field of its own for it', async () => {
    const body = `${chatBytes(chunk({ content: 'a' }))}error: {"code":503,"message":"no slot"}\n\n`
    await expect(chatEvents(reads(body))).rejects.toMatchObject({
      kind: 'overloaded_error',
      message: 'p: no slot',
    })
  })
})

describe('an answer in the Messages API, though it was asked in Chat Completions', () => {
  const content = [
    { type: 'thinking', thinking: 'hm', signature: 's' },
    { type: 'text', text: 'Hello.' },
    { type: 'tool_use', id: 'toolu_1', name: 'T', input: { x: 1 } },
  ]
  const usage = { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 3 }
  const shown = [
    { type: 'thinking', thinking: 'hm' },
    { type: 'text', text: 'Hello.' },
    { type: 'tool_use', name: 'T', input: { x: 1 } },
  ]

  it('is read, as events and as a document', async () => {
    const document = { type: 'message', role: 'assistant', content, stop_reason: 'tool_use', usage }
    const whole = await sdkMessage(await chatEvents(reads(JSON.stringify(document))))
    const events = [
      { type: 'message_start', message: { id: 'm', content: [], usage: { input_tokens: 10 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Hello.' } },
      { type: 'content_block_start', index: 2, content_block: { ...content[2], input: {} } },
      {
        type: 'content_block_delta',
        index: 2,
        delta: { type: 'input_json_delta', partial_json: '{"x":1}' },
      },
      { type: 'content_block_stop', index: 2 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage },
      { type: 'message_stop' },
    ]
    for (const answer of [whole, await message(...events)]) {
      expect(answer.content).toMatchObject(shown)
      expect(answer).toMatchObject({ stop_reason: 'tool_use', usage })
    }
  })

  it('is an error where it breaks off or fails', async () => {
    const start = { type: 'message_start', message: { content: [] } }
    await expect(message(start)).rejects.toThrow('before it was complete')
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'busy' } }
    await expect(message(start, error)).rejects.toThrow('busy')
  })
})

describe('an answer in Responses, though it was asked in Chat Completions', () => {
  const output = [
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello.' }] },
    { type: 'function_call', call_id: 'c1', name: 'T', arguments: '{"x":1}' },
  ]
  const usage = { input_tokens: 10, output_tokens: 5 }
  const response = { id: 'r', object: 'response', status: 'completed', output, usage }

  it.each([
    ['a document', [response]],
    [
      'events',
      [
        { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
        { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hello.' },
        { type: 'response.output_item.done', output_index: 1, item: output[1] },
        { type: 'response.completed', response },
      ],
    ],
  ])('is read, as %s', async (_, chunks) => {
    const text =
      chunks.length === 1
        ? JSON.stringify(chunks[0])
        : chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')
    expect(await sdkMessage(await chatEvents(reads(text)))).toMatchObject({
      content: [
        { type: 'text', text: 'Hello.' },
        { type: 'tool_use', name: 'T', input: { x: 1 } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 10, output_tokens: 5 },
    })
  })
})
