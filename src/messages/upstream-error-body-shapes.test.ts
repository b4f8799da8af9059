import { describe, expect, it } from 'vitest'
import { parseErrorBody } from './upstream-error-body.ts'

const LONG = 'x'.repeat(2000)

describe('what an upstream says of its failure', () => {
  it.each<[string, unknown, object]>([
    [
      'an error',
      { error: { message: 'no', type: 'A_type', code: 'c' } },
      bodyOf('no', 'c', 'a_type'),
    ],
    ['no envelope', { message: 'no', status: 'BUSY' }, bodyOf('no', 'busy')],
    ['a text for an error', { error: 'no' }, bodyOf('no')],
    ['plain text', 'no', bodyOf('no')],
    [
      'a list',
      [{ error: { message: 'first' } }, { error: { message: 'second' } }],
      bodyOf('first'),
    ],
    ['errors', { errors: [{ message: 'first' }, { message: 'second' }] }, bodyOf('first')],
    ['a detail', { detail: 'no' }, bodyOf('no')],
    ['a detail that is no text', { detail: [{ msg: 'no' }] }, bodyOf('[{"msg":"no"}]')],
    [
      'MiniMax',
      { base_resp: { status_code: 1008, status_msg: 'no' } },
      bodyOf('no', 'status_code_1008'),
    ],
    ['z.ai', { error: { code: '1113', message: 'no' } }, bodyOf('no', '1113', 'code_1113')],
    ['Venice', { error_message: 'no' }, bodyOf('no')],
    ['nothing that is known', { a: 1 }, bodyOf('{"a":1}')],
    ['nothing', {}, bodyOf('{}')],
    ['an empty list', [], bodyOf('')],
    ['null', null, bodyOf('')],
    ['no body', undefined, bodyOf('')],
    ['a number', 3, bodyOf('')],
    ['JSON in a text', ' \n{"error":{"message":"no","type":"t"}}', bodyOf('no', 't')],
    ['JSON that is broken', '{"error":', bodyOf('{"error":')],
    [
      'JSON in an error',
      { error: { message: '{"message":"no","code":"c"}', type: 't' } },
      bodyOf('no', 't', 'c'),
    ],
    [
      'JSON in a text for an error',
      { error: '{"message":"no","type":"t"}', type: 'u' },
      bodyOf('no', 't', 'u'),
    ],
    [
      'one in the other',
      { error: { error: { message: 'no', type: 'a' }, type: 'b' }, type: 'error' },
      bodyOf('no', 'a', 'b'),
    ],
  ])('is read from %s', (_, body, expected) => {
    expect(parseErrorBody(body)).toStrictEqual(expected)
  })

  it.each<[string, unknown, object]>([
    ['beside an error', { error: { message: 'no' }, status_code: 429 }, { status: 429 }],
    ['beside and in it', { error: { message: 'no', code: 400 }, status: 503 }, { status: 400 }],
    ['beside a text', { error: 'no', statusCode: 429, type: 'T' }, { status: 429, words: ['t'] }],
    ['beside JSON in a text', { error: '{"message":"no"}', code: 429 }, { status: 429 }],
    ['as text', { message: 'no', code: '502' }, { status: 502 }],
    ['of several', { message: 'no', code: 3, status: 404 }, { status: 404 }],
    ['the least', { message: 'no', code: 400 }, { status: 400 }],
    ['the most', { message: 'no', code: 599 }, { status: 599 }],
  ])('may have a status %s', (_, body, expected) => {
    expect(parseErrorBody(body)).toMatchObject({ message: 'no', ...expected })
  })

  it.each([399, 600, 200, 42, 1008, 429.5, 'x', null, true])('has no status in %j', (code) => {
    expect(parseErrorBody({ message: 'no', code })).not.toHaveProperty('status')
  })

  it.each<[unknown, string[]]>([
    ['1113', ['1113', 'code_1113']],
    [2013, ['code_2013']],
    ['insufficient_quota', ['insufficient_quota']],
    [11_008, []],
    [31_008, []],
    [3008, []],
  ])('has these words for the code %j: %j', (code, words) => {
    expect(parseErrorBody({ message: 'no', code }).words).toEqual(words)
  })

  it('has the words of all that it reads', () => {
    const body = {
      message: 'no',
      type: 'T',
      error_type: 'E',
      details: [{ reason: 'R' }, { violations: [{ quotaId: 'Q' }, null, {}] }, { violations: 'x' }],
      metadata: { raw: '{"message":"behind","code":"B"}' },
    }
    expect(parseErrorBody(body)).toStrictEqual({
      message: 'no: behind',
      words: ['t', 'e', 'r', 'q', 'b'],
    })
  })

  it.each<[string, object, string]>([
    ['what the provider behind it said', { metadata: { raw: 'behind' } }, 'no: behind'],
    ['nothing of a provider that said nothing', { metadata: { raw: '' } }, 'no'],
    ['nothing of what is no text', { metadata: { raw: { a: 1 } } }, 'no'],
    ['nothing where there is nothing', { metadata: null }, 'no'],
    ['what is wrong with a parameter', { param: 'must be set' }, 'no: must be set'],
    ['the name of a parameter', { param: 'model' }, 'no: model'],
    ['no name that it has', { message: 'no model', param: 'model' }, 'no model'],
    ['no name where it is long', { message: 'x'.repeat(60), param: 'model' }, 'x'.repeat(60)],
    [
      'a name where it is short',
      { message: 'x'.repeat(59), param: 'model' },
      `${'x'.repeat(59)}: model`,
    ],
    ['no name where it quotes one', { message: 'no "x"', param: 'model' }, 'no "x"'],
    ['an empty name', { param: '' }, 'no'],
    ['no parameter that is no text', { param: ['a b'] }, 'no'],
  ])('adds to the message %s', (_, more, message) => {
    expect(parseErrorBody({ message: 'no', ...more }).message).toBe(message)
  })

  it.each<[string, object, string | undefined]>([
    ['in a detail', { details: [null, 'x', { retryDelay: '34.4s' }] }, '35'],
    [
      'in the first detail that has one',
      { details: [{}, { retryDelay: '2s' }, { retryDelay: '3s' }] },
      '2',
    ],
    ['in the message', { message: 'Please try again in 20s' }, '20'],
    ['in both', { message: 'Please try again in 20s', details: [{ retryDelay: '5s' }] }, '5'],
    [
      'beside a text for an error',
      { error: 'Too many', message: 'Please retry after 20 seconds' },
      '20',
    ],
    ['that is longer than it reads', { details: [{ retryDelay: '1m30s' }] }, undefined],
    ['with more behind it', { details: [{ retryDelay: '34s500ms' }] }, undefined],
    ['that is no number', { details: [{ retryDelay: '1.2.3s' }] }, undefined],
    ['in no list', { details: { retryDelay: '5s' } }, undefined],
    ['without a unit', { message: 'try again in 20' }, undefined],
  ])('may say how long to wait: %s', (_, body, seconds) => {
    expect(parseErrorBody({ message: 'no', ...body }).retryAfter).toBe(seconds)
  })

  it.each<[object, readonly number[] | undefined]>([
    [{ n_prompt_tokens: 9000, n_ctx: 4096 }, [9000, 4096]],
    [{ n_prompt_tokens: 9000 }, undefined],
    [{ n_ctx: 4096 }, undefined],
    [{ n_prompt_tokens: '9000', n_ctx: '4096' }, undefined],
  ])('has the tokens of %j', (counts, tokens) => {
    expect(parseErrorBody({ error: { message: 'no', ...counts } }).tokens).toEqual(tokens)
  })

  it('goes on to the client as far as 2,000 characters', () => {
    expect(parseErrorBody(LONG).message).toBe(LONG)
    expect(parseErrorBody(`${LONG}x`).message).toBe(`${LONG}…`)
    expect(parseErrorBody({ message: LONG, metadata: { raw: 'x' } }).message).toBe(`${LONG}…`)
    expect(parseErrorBody({ message: LONG, param: 'a b' }).message).toBe(`${LONG}…`)
    expect(parseErrorBody({ a: LONG }).message).toHaveLength(2001)
  })

  it('is not looked for in what is nested without end', () => {
    const text = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`
    const { message, words } = parseErrorBody(JSON.parse(text))
    expect(message).toContain('nested too deeply')
    expect(words).toEqual([])
    expect(parseErrorBody(text).message).toBe(`${text.slice(0, 2000)}…`)
  })
})

function bodyOf(message: string, ...words: readonly string[]) {
  return { message, words }
}
