import { describe, expect, it } from 'vitest'
import { sdkMessage, testWriter } from '../../../test/support/stream.ts'
import { decodeSignature } from '../../messages/reasoning-signature.ts'
import { decoder, Sources } from './response.ts'
import type { Candidate, Chunk, FunctionCall, Part } from './types.ts'

/** All hand-written. */
const TARGET = { provider: 'p', model: 'm' }
const withParts = (...parts: readonly Part[]): Chunk => ({ candidates: [{ content: { parts } }] })
const called = (functionCall: FunctionCall): Chunk => withParts({ functionCall })
const ended = (finishReason: string, more: Candidate = {}): Chunk => ({
  candidates: [{ finishReason, ...more }],
})
const END = ended('STOP')

function fed(...data: readonly unknown[]) {
  const writer = testWriter()
  const decoding = decoder(writer, TARGET)
  for (const one of data) {
    decoding.push({ event: '', data: typeof one === 'string' ? one : JSON.stringify(one) })
  }
  return { writer, decoding }
}

function read(...data: readonly unknown[]) {
  const { writer, decoding } = fed(...data)
  decoding.end()
  return sdkMessage(writer.take())
}

/** Each block in short: a text, the state of a thinking block and its text, a call. */
async function blocks(...data: readonly unknown[]) {
  const { content } = await read(...data)
  return content.map((block) => {
    if (block.type === 'text') return block.text
    if (block.type === 'thinking')
      return [block.thinking, decodeSignature(block.signature)?.payload]
    return block.type === 'tool_use' ? { [block.name]: block.input } : block.type
  })
}

describe('the frames of an answer of Gemini', () => {
  it('are read until their stream ends: usage and sources may follow the finish reason', () => {
    const { decoding } = fed(withParts({ text: 'Hi' }), END)
    expect(decoding.isDone()).toBe(false)
  })

  it('may hold the end mark of other formats, which ends nothing', () => {
    const { decoding } = fed(withParts({ text: 'half' }), '[DONE]')
    expect(() => {
      decoding.end()
    }).toThrow(
      expect.objectContaining({
        kind: 'api_error',
        status: 502,
        message: 'p broke off its answer before it was complete (no finish reason).',
      }),
    )
  })

  it.each(['7', 'null', '"["', '[', '[{},7]', '[null,{}]'])(
    'that hold anything but objects fail: %j',
    (data) => {
      expect(() => fed(data)).toThrow(
        expect.objectContaining({
          kind: 'api_error',
          status: 502,
          message: 'p sent a chunk that is not JSON.',
        }),
      )
    },
  )

  it.each([
    [ended('OTHER'), 'finish reason "OTHER"'],
    [ended('OTHER', { finishMessage: '' }), 'finish reason "OTHER"'],
    [ended('OTHER', { finishMessage: 'why' }), 'finish reason "OTHER": why'],
  ])('fail with the reason, and with what more is said of it: %#', (end, why) => {
    expect(() => fed(withParts({ text: 'x' }), end)).toThrow(
      `p broke off its answer before it was complete (${why}).`,
    )
  })

  it.each<readonly [string, Candidate, readonly string[]]>([
    ['SAFETY', { finishMessage: 'That is not safe.' }, ['Well. That is not safe.']],
    ['SAFETY', {}, ['Well. ']],
    ['STOP', { finishMessage: 'Model generated all.' }, ['Well. ']],
    ['MAX_TOKENS', { finishMessage: 'Limit reached.' }, ['Well. ']],
  ])('show why a model refused, and of other ends nothing: %s %j', async (finish, more, texts) => {
    expect(await blocks(withParts({ text: 'Well. ' }), ended(finish, more))).toEqual(texts)
  })

  it('show why a prompt was blocked where it is told, not beside an answer', async () => {
    const promptFeedback = { blockReason: 'OTHER' }
    expect(await read({ promptFeedback })).toMatchObject({ content: [], stop_reason: 'refusal' })
    const withMessage = { ...promptFeedback, blockReasonMessage: 'No.' }
    expect(await blocks({ promptFeedback: withMessage })).toEqual(['No.'])
    expect(
      await blocks({ ...withParts({ text: 'Hi' }), promptFeedback: withMessage }, END),
    ).toEqual(['Hi'])
  })

  it('may hold candidates without parts, and parts that are none', async () => {
    const odd = { candidates: [{ content: { parts: [null, 'x', 7, { text: 'Hi' }] } }] }
    const none = { candidates: [{ content: { parts: 'x' } }] }
    const nothing = { candidates: [{ content: null }] }
    expect(await blocks(odd, none, nothing, { candidates: [] }, {}, END)).toEqual(['Hi'])
  })

  it.each<readonly [Part, string]>([
    [{ executableCode: { language: 'PYTHON', code: 'print(1)' } }, '\n```python\nprint(1)\n```\n'],
    [{ executableCode: {} }, '\n```\n\n```\n'],
    [{ codeExecutionResult: { output: '1' } }, '\n```\n1\n```\n'],
    [{ codeExecutionResult: { outcome: 'OUTCOME_OK' } }, '\n```\n\n```\n'],
    [
      { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
      '[the model answered with a file that cannot be shown: image/png]',
    ],
    [{}, ''],
  ])('show what a part says: %j', async (part, text) => {
    expect(await blocks(withParts({ text: '-' }, part, { text: '-' }), END)).toEqual([`-${text}-`])
  })
})

describe('thoughts of Gemini', () => {
  it('make no block where they say nothing', async () => {
    expect(await blocks(withParts({ text: '', thought: true }, { text: 'Hi' }), END)).toEqual([
      'Hi',
    ])
  })

  it('keep the signature of the text behind them, and of none within a text', async () => {
    expect(
      await blocks(
        withParts({ text: '' }, { text: 'One ', thoughtSignature: 's1' }),
        withParts({ text: 'two', thoughtSignature: 's2' }, { text: 'hm', thought: true }),
        withParts({ text: 'three', thoughtSignature: 's3' }),
        END,
      ),
    ).toEqual([['', 's1'], 'One two', ['hm', 's3'], 'three'])
  })

  it('may have their own signature', async () => {
    const thought = { text: 'hm', thought: true, thoughtSignature: 's' }
    expect(await blocks(withParts(thought, { text: 'Hi' }), END)).toEqual([['hm', 's'], 'Hi'])
  })

  it('do not stand before a text that follows a call', async () => {
    expect(
      await blocks(called({ name: 'A' }), withParts({ text: 'Hi', thoughtSignature: 's' }), END),
    ).toEqual([{ A: {} }, 'Hi'])
  })

  it('name the call that their state belongs to, and none for a text', async () => {
    const { content } = await read(
      withParts({ functionCall: { name: 'A' }, thoughtSignature: 's1' }),
      withParts({ text: 'hm', thought: true }, { text: 'Hi', thoughtSignature: 's2' }),
      END,
    )
    const states = content.flatMap((block) =>
      block.type === 'thinking' ? [decodeSignature(block.signature)] : [],
    )
    expect(states).toStrictEqual([
      { ...TARGET, payload: 's1', tool: 'A' },
      { ...TARGET, payload: 's2' },
    ])
  })
})

/** The arguments of each call to the letter: the SDK mends such as are cut. */
function argumentsIn(...data: readonly unknown[]): readonly string[] {
  const { writer, decoding } = fed(...data)
  decoding.end()
  const texts = new Map<number, string>()
  for (const event of writer.take()) {
    if (event.type !== 'content_block_delta' || event.delta.type !== 'input_json_delta') continue
    texts.set(event.index, (texts.get(event.index) ?? '') + event.delta.partial_json)
  }
  return [...texts.values()]
}

describe('a call of Gemini in pieces', () => {
  const x = { jsonPath: '$.x', stringValue: 'y' }

  it.each<readonly [string, readonly Chunk[], readonly object[]]>([
    [
      'at the next call',
      [
        called({ name: 'A', willContinue: true }),
        called({ partialArgs: [x], willContinue: true }),
        called({ name: 'B' }),
        END,
      ],
      [{ A: { x: 'y' } }, { B: {} }],
    ],
    [
      'at the end of the answer',
      [
        called({ name: 'A', willContinue: true }),
        called({ partialArgs: [x], willContinue: true }),
        END,
      ],
      [{ A: { x: 'y' } }],
    ],
    [
      'with its last piece, though the limit cuts the answer behind it',
      [
        called({ name: 'A', willContinue: true }),
        called({ partialArgs: [x] }),
        ended('MAX_TOKENS'),
      ],
      [{ A: { x: 'y' } }],
    ],
    [
      'with its name and pieces at once',
      [called({ name: 'A', partialArgs: [x] }), END],
      [{ A: { x: 'y' } }],
    ],
    [
      'with all of its arguments behind its name',
      [called({ name: 'A', willContinue: true }), called({ args: { x: 'y' } }), END],
      [{ A: { x: 'y' } }],
    ],
    [
      'with its arguments behind the name of each',
      [
        called({ name: 'A' }),
        called({ args: { x: 1 } }),
        called({ name: 'B' }),
        called({ args: { x: 2 } }),
        END,
      ],
      [{ A: { x: 1 } }, { B: { x: 2 } }],
    ],
  ])('is whole %s', async (_, chunks, calls) => {
    expect(await blocks(...chunks)).toEqual(calls)
    const inputs = calls.map((call) => Object.values(call).map((input) => JSON.stringify(input)))
    expect(argumentsIn(...chunks)).toEqual(inputs.flat())
  })

  it('is not whole where the limit cuts it', () => {
    const begun = called({ name: 'A', willContinue: true })
    const cut = ended('MAX_TOKENS')
    expect(argumentsIn(begun, called({ partialArgs: [x], willContinue: true }), cut)).toEqual([
      '{"x":"y"',
    ])
  })

  it('fails where nothing names it', () => {
    const { decoding } = fed(called({ args: { x: 1 } }), END)
    expect(() => {
      decoding.end()
    }).toThrow('without a name')
  })
})

describe('what an answer of Gemini rests on', () => {
  const rests = (...candidates: readonly Candidate[]) => {
    const sources = new Sources()
    for (const candidate of candidates) sources.read(candidate)
    return { queries: [...sources.queries], pages: sources.pages, text: sources.text() }
  }

  it('is nothing where nothing is told', () => {
    const nothing = { queries: [], pages: [], text: '' }
    expect(rests()).toEqual(nothing)
    expect(
      rests(
        {},
        { groundingMetadata: {}, citationMetadata: {} },
        { groundingMetadata: { webSearchQueries: null, groundingChunks: [{}, { web: {} }] } },
        { citationMetadata: { citations: [{}, { title: 'A' }] } },
      ),
    ).toEqual(nothing)
  })

  it('is each page and each query once, by whichever name it is told', () => {
    const web = { uri: 'https://a.test', title: 'A' }
    const retrievedContext = { uri: 'gs://b', title: 'B' }
    const groundingMetadata = {
      webSearchQueries: ['q', 'r', 'q'],
      groundingChunks: [{ web }, { retrievedContext }, { web }],
    }
    const citationSources = [{ uri: 'https://c.test' }]
    const citations = [{ uri: 'https://d.test', title: 'D' }]
    expect(
      rests(
        { groundingMetadata, citationMetadata: { citationSources } },
        { citationMetadata: { citations } },
      ),
    ).toEqual({
      queries: ['q', 'r'],
      pages: [
        { url: 'https://a.test', title: 'A' },
        { url: 'gs://b', title: 'B' },
        { url: 'https://c.test', title: 'https://c.test' },
        { url: 'https://d.test', title: 'D' },
      ],
      text: [
        '\n\nSources:',
        '- [A](https://a.test)',
        '- [B](gs://b)',
        '- [https://c.test](https://c.test)',
        '- [D](https://d.test)',
      ].join('\n'),
    })
  })
})
