import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { expectSame, LIMITS } from '../../../test/support/request-cache.ts'
import type { Target } from '../../protocols/protocol.ts'
import { TAG } from '../../routing/tag.ts'
import { createRequestCache, type RequestCache } from './request-cache.ts'

// --- Requests ---

type Message = Readonly<Record<string, unknown>>

const CALL = (id: string, input: unknown) => ({ type: 'tool_use', id, name: 'Read', input })
const RESULT = (id: string, content: unknown) => ({ type: 'tool_result', tool_use_id: id, content })
const MARK = { cache_control: { type: 'ephemeral' } }
const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }

/** Messages of every kind; `n` makes them differ. */
const MESSAGES: readonly ((n: number) => Message)[] = [
  (n) => ({ role: 'user', content: `prompt ${String(n)} “ä” 😀 \\ " \n` }),
  (n) => ({ content: [{ text: `text ${String(n)}`, type: 'text', ...MARK }], role: 'user' }),
  (n) => ({
    role: 'assistant',
    content: [CALL(`toolu_${String(n)}`, { file: '/a', n, list: [{}, []] })],
  }),
  (n) => ({ role: 'user', content: [RESULT(`toolu_${String(n - 1)}`, 'of the last call')] }),
  (n) => ({
    role: 'user',
    content: [RESULT(`toolu_${String(n)}`, [{ type: 'text', text: '}]' }, IMAGE])],
  }),
  () => ({ role: 'user', content: [IMAGE, { type: 'text', text: '' }] }),
  () => ({ role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: 'x' }] }),
  (n) => ({ role: 'system', content: `from the system ${String(n)}` }),
  (n) => ({ role: 'assistant', content: 'an answer', extra: { 10: n, 9: [null, -0, 1e21] } }),
]

const TAIL = {
  system: [{ type: 'text', text: 'Be brief. "messages":[' }],
  tools: [{ name: 'Read', description: 'reads', input_schema: { type: 'object', properties: {} } }],
  max_tokens: 100,
  stream: true,
}

function bodyOf(
  messages: readonly Message[],
  { tail = TAIL, isFirst = true }: { tail?: object; isFirst?: boolean } = {},
): Buffer {
  const request = isFirst ? { model: 'm', messages, ...tail } : { model: 'm', ...tail, messages }
  return Buffer.from(JSON.stringify(request))
}

const messages = fc
  .array(fc.tuple(fc.nat(MESSAGES.length - 1), fc.nat(3)), { minLength: 1, maxLength: 8 })
  .map((picks) => picks.map(([kind, n]) => MESSAGES[kind]?.(n) as Message))

describe('a request reads as it does alone', () => {
  it('when a conversation grows, shortens, changes anywhere, and another one comes between', () => {
    const requests = fc.array(
      fc.record({ messages, isFirst: fc.boolean(), max_tokens: fc.nat(2), keep: fc.nat(9) }),
      { minLength: 2, maxLength: 8 },
    )
    fc.assert(
      fc.property(requests, (all) => {
        let last: readonly Message[] = []
        const bodies = all.map(({ messages: added, isFirst, max_tokens, keep }) => {
          last = [...last.slice(0, keep), ...added]
          return bodyOf(last, { tail: { ...TAIL, max_tokens }, isFirst })
        })
        expectSame(bodies)
      }),
      { numRuns: 150 },
    )
  })

  /** Bytes that change what a JSON text means, or make it none. */
  const PIECES = [
    '',
    '"',
    '\\',
    '\\"',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    ' ',
    '\n',
    '\t',
    '\u00a0',
    '0',
    '1e3',
    '-0',
    'null',
    '"messages":[],',
    '"m\\u0065ssages":[{"role":"user","content":"x"}],',
    '"messages":null,',
    '],"messages":[',
    '"__proto__":{"a":1},',
    '{"role":"user","content":"x"},',
    ',{"role":"user","content":"x"}',
    '\\ud83d',
    '\\uDE00',
    'ä',
    '😀',
    '\ufeff',
    '\0',
    TAG,
    '"model":"n",',
    '[['.repeat(120),
    ']]'.repeat(120),
  ].map((text) => Buffer.from(text))
  const NO_UTF8 = [
    Buffer.from([0xff]),
    Buffer.from([0xc3]),
    Buffer.from([0xe2, 0x82]),
    Buffer.from([0xed, 0xa0, 0x80]),
  ]

  it('when any bytes anywhere in a body are replaced', () => {
    const edit = fc.record({
      at: fc.nat(10_000),
      cut: fc.nat(6),
      piece: fc.constantFrom(...PIECES, ...NO_UTF8),
      isLasting: fc.boolean(),
    })
    fc.assert(
      fc.property(
        messages,
        fc.boolean(),
        fc.array(edit, { maxLength: 12 }),
        (first, isFirst, edits) => {
          let body = bodyOf(first, { isFirst })
          const bodies = [body]
          for (const { at, cut, piece, isLasting } of edits) {
            const from = at % (body.length + 1)
            const next = Buffer.concat([body.subarray(0, from), piece, body.subarray(from + cut)])
            bodies.push(next)
            if (isLasting) body = next
          }
          expectSame(bodies)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('what a search by chance seldom finds', () => {
  const A = '{"role":"user","content":"a"}'
  const B = '{"role":"user","content":"b"}'
  const deep = (levels: number): string =>
    `{"role":"user","content":"a","x":${'['.repeat(levels)}${']'.repeat(levels)}}`

  it.each([
    ['a comma behind the last message', `[${A}]`, `[${A},]`],
    ['a comma and white space behind it', `[${A}]`, `[${A} ,\n]`],
    ['two commas', `[${A}]`, `[${A},,${B}]`],
    ['white space', `[${A}]`, `[${A} \t\r\n, ${B} ]`],
    ['white space that JSON does not have', `[${A}]`, `[${A}\u00a0,${B}]`],
    ['a list that ends and begins again', `[${A}]`, `[${A}],"messages":[${B}]`],
    ['a key that repeats with escapes', `[${A},${B}]`, `[${A},${B},${B}],"m\\u0065ssages":[${B}]`],
    ['a message that is none', `[${A}]`, `[${A},{"role":"user"}]`],
    ['a value that is no message', `[${A}]`, `[${A},1]`],
    ['the most levels', `[${A}]`, `[${A},${deep(197)}]`],
    ['one level more', `[${A}]`, `[${A},${deep(198)}]`],
    ['fewer messages', `[${A},${B}]`, `[${A}]`],
    ['no message', `[${A}]`, '[]'],
  ])('%s', (_, before, after) => {
    for (const rest of ['', ',"m\\u0065ssages":[{"role":"user","content":"last"}]', ',"x":"]"']) {
      const texts = [before, after, before].map((list) => `{"model":"m","messages":${list}${rest}}`)
      expectSame([...texts, ...texts].map((text) => Buffer.from(text)))
    }
  })

  it('a key that repeats with escapes, in every request', () => {
    const bodies = [A, `${A},${B}`].map((list) =>
      Buffer.from(`{"model":"m","messages":[${list}],"m\\u0065ssages":[${A},${list}]}`),
    )
    expectSame([...bodies, ...bodies])
  })
})

describe('what is kept', () => {
  const user = (text: string) => ({ role: 'user', content: text })
  const long = ['a', 'b', 'c', 'd'].map((text) => user(text.repeat(100)))

  it('is used again: messages that are the same are neither parsed nor written twice', () => {
    const cache = createRequestCache({ limits: LIMITS })
    const target: Target = { provider: 'p', model: 'm' }
    const first = cache.read(bodyOf(long))
    const second = cache.read(bodyOf([...long, user('e')]))
    expect(second.sent.messages.slice(0, 4)).toEqual(long)
    for (const [at, message] of first.sent.messages.entries()) {
      expect(second.sent.messages[at]).toBe(message)
    }
    expect(second.sent.tools).toBe(first.sent.tools)
    second.bytesOf?.(target, second.sent)
    const written = vi.spyOn(JSON, 'stringify')
    const third = cache.read(bodyOf([...long, user('e'), user('f')]))
    expect(String(third.bytesOf?.(target, structuredClone(third.sent)))).toContain('"f"')
    const items = written.mock.calls.map(([value]) => value as unknown)
    written.mockRestore()
    expect(items).toContainEqual(user('f'))
    expect(items).not.toContainEqual(user('e'))
  })

  it('serves each of two conversations that take turns, and one that begins like them', () => {
    const cache = createRequestCache({ limits: LIMITS })
    const [a, b] = [
      [user('same'), ...long],
      [user('same'), ...long.toReversed()],
    ]
    const known = [a, b].map((messages) => cache.read(bodyOf(messages)).sent.messages)
    for (let turn = 0; turn < 3; turn += 1) {
      for (const [at, messages] of [a, b].entries()) {
        messages.push(user(`${String(turn)} of ${String(at)}`))
        const { sent } = cache.read(bodyOf(messages))
        expect(sent.messages).toEqual(messages)
        expect(sent.messages[1]).toBe(known[at]?.[1])
      }
    }
  })

  const isKnown = (cache: RequestCache, messages: readonly Message[]): boolean => {
    const [once, again] = [0, 1].map(() => cache.read(bodyOf(messages)).sent.messages[0])
    return once === again
  }
  const reused = (cache: RequestCache, before: object | undefined, messages: readonly Message[]) =>
    cache.read(bodyOf(messages)).sent.messages[0] === before

  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is forgotten a minute after the last request of its conversation', () => {
    const freed: number[] = []
    const onMemoryFreed = (bytes: number) => void freed.push(bytes)
    const cache = createRequestCache({ limits: LIMITS, onMemoryFreed })
    const [message] = cache.read(bodyOf(long)).sent.messages
    vi.advanceTimersByTime(59_000)
    expect(reused(cache, message, [...long, user('e')])).toBe(true)
    vi.advanceTimersByTime(59_000)
    expect(reused(cache, message, [...long, user('f')])).toBe(true)
    expect(freed).toEqual([])
    vi.advanceTimersByTime(60_000)
    expect(freed).toEqual([3 * bodyOf([...long, user('f')]).length])
    expect(reused(cache, message, [...long, user('g')])).toBe(false)
    cache.clear()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is of the newest conversations, and bounded in memory', () => {
    const few = createRequestCache({ limits: LIMITS })
    const begins = (n: number) => [user(`${String(n)}${'x'.repeat(50)}`), user('next')]
    const [oldest] = few.read(bodyOf(begins(0))).sent.messages
    for (const n of [1, 2, 3]) few.read(bodyOf(begins(n)))
    expect(reused(few, oldest, begins(0))).toBe(false)
    expect(vi.getTimerCount()).toBe(LIMITS.conversations)

    expect(isKnown(createRequestCache({ limits: { ...LIMITS, bytes: 5_000 } }), long)).toBe(true)
    expect(isKnown(createRequestCache({ limits: { ...LIMITS, bytes: 1_500 } }), long)).toBe(false)
    expect(isKnown(createRequestCache({ limits: { ...LIMITS, least: 5_000 } }), long)).toBe(false)
  })

  it('is not what has a routing tag or halves of surrogate pairs', () => {
    for (const text of [TAG, '\ud83d']) {
      expect(isKnown(createRequestCache({ limits: LIMITS }), [...long, user(text)])).toBe(false)
    }
  })
})
