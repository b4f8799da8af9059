import { describe, expect, it } from 'vitest'
import { UserCodeError } from '../../user-code/call-user-code.ts'
import type { TransformerChain } from '../../user-code/transformers.ts'
import type { Answer } from '../../upstream/answer.ts'
import { requestTransformers, redirected } from './user-transformers.ts'

const KEY = 'sk-secret-1234567890'
const provider = { name: 'p', baseUrl: 'https://p.test', apiKey: KEY, models: [], transformer: {} }
const request = { model: 'x', messages: [{ role: 'user', content: 'hi' }] }
const SAME: TransformerChain = {
  request: (body) => Promise.resolve({ body, headers: {} }),
  response: (response) => Promise.resolve(response),
}

function transformers(chain: Partial<TransformerChain>) {
  return requestTransformers({
    chain: { ...SAME, ...chain },
    provider,
    request,
    headers: {},
    isChat: false,
  })
}

function answering(status = 200, pieces: readonly string[] = ['one ', 'two']) {
  const seen = { released: 0, closed: false }
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (const piece of pieces) {
        await Promise.resolve()
        yield Buffer.from(piece)
      }
    } finally {
      seen.closed = true
    }
  }
  const answer: Answer = {
    status,
    headers: { 'content-type': 'text/plain', 'x-many': ['a', 'b'], 'x-none': undefined },
    body: body(),
    release: () => (seen.released += 1),
  }
  return { answer, seen }
}

async function textOf({ body }: Answer): Promise<string> {
  let text = ''
  for await (const piece of body) text += Buffer.from(piece).toString()
  return text
}

const broken = () => Promise.reject(new UserCodeError(`it said ${KEY}`))

describe('a transformer of the user that fails', () => {
  it('ends the request before it is sent, without the key in its words', async () => {
    const error: unknown = await transformers({ request: broken })
      .request({})
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      kind: 'invalid_request_error',
      status: 500,
      shouldRetry: false,
      origin: 'gateway',
    })
    expect(String(error)).toContain('The request was not sent.')
    expect(String(error)).not.toContain(KEY)
  })

  it('loses the answer, and lets its connection go', async () => {
    const { answer, seen } = answering()
    const error: unknown = await transformers({ response: broken })
      .response(answer)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ status: 502, shouldRetry: false, origin: 'gateway' })
    expect(String(error)).toContain("The provider's answer is lost.")
    expect(String(error)).not.toContain(KEY)
    expect(seen.released).toBe(1)
  })
})

describe('an answer on its way through transformers of the user', () => {
  it('has its status, its headers and its bytes, also as texts', async () => {
    const { answer, seen } = answering(201)
    const given = await transformers({}).response(answer)
    expect(given.status).toBe(201)
    expect(given.headers).toMatchObject({ 'content-type': 'text/plain', 'x-many': 'a, b' })
    expect(given.headers).not.toHaveProperty('x-none')
    expect(await textOf(given)).toBe('one two')
    given.release()
    expect(seen).toEqual({ released: 1, closed: true })
    const texts = new ReadableStream({
      start(out) {
        out.enqueue('text')
        out.close()
      },
    })
    const response = () => Promise.resolve(new Response(texts))
    expect(await textOf(await transformers({ response }).response(answering().answer))).toBe('text')
  })

  it('that has no body is not shown to them', async () => {
    const { answer } = answering(204, [])
    expect(await transformers({ response: broken }).response(answer)).toBe(answer)
  })

  it('is not read on once the client is gone', async () => {
    const { answer, seen } = answering(200, ['one', 'two', 'three', 'four'])
    const given = await transformers({}).response(answer)
    await given.body.next()
    await given.body.return(undefined)
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen.closed).toBe(true)
  })
})

it('a call goes where a transformer sends it, with its headers before the provider’s', () => {
  const call = { provider: 'p', url: 'https://p.test', headers: { a: '1', b: '2' }, body: '' }
  const to = { url: 'https://q.test', headers: { b: '3', a: undefined, c: '4' }, body: {} }
  expect(redirected(call, to)).toEqual({ ...call, url: to.url, headers: { b: '3', c: '4' } })
  expect(redirected(call, { headers: {}, body: {} })).toEqual(call)
})
