import { describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { recordingLog } from '../../test/support/log.ts'
import { usedTransformers } from '../config/schema/transformer.ts'
import { loadUserTransformers } from './transformers.ts'

const folder = testFolder()
const PROVIDER = { name: 'p', baseUrl: 'http://h', apiKey: 'k', models: ['m'] }
const LIMITS = { requestMs: 5_000, responseMs: 5_000 }

async function load(sources: Record<string, string>, options: unknown = {}, limits = LIMITS) {
  const log = recordingLog()
  const modules = Object.entries(sources).map(([name, source]) => ({
    path: folder.write(name, source),
    options,
  }))
  const loaded = await loadUserTransformers(modules, limits, log)
  return { log, loaded, chain: (...use: string[]) => loaded.chain(usedTransformers({ use })) }
}

describe('user transformers', () => {
  it('are made from a class with their options, and change what is sent', async () => {
    const { chain, log } = await load(
      {
        'class.js': `module.exports = class {
          name = 'Mine'
          constructor(options) { this.options = options }
          async transformRequestIn(request, provider, context) {
            this.logger.info('from ' + context.req.body.model)
            return { ...request, extra: this.options.extra, key: provider.apiKey }
          }
        }`,
      },
      { extra: 7 },
    )
    const body = { model: 'm' }
    const sent = await chain('mine')?.request(body, PROVIDER, { req: { body: { model: 'x' } } })
    expect(sent).toEqual({ body: { model: 'm', extra: 7, key: 'k' }, headers: {} })
    expect(body).toEqual({ model: 'm' })
    expect(log.lines).toEqual(['info from x'])
  })

  it('may give another URL and headers, and take headers away; the next sees the new body', async () => {
    const { chain } = await load({
      'a.mjs': `export default class A {
        static TransformerName = 'a'
        transformRequestIn(body) {
          return { body: { ...body, a: 1 }, config: { url: new URL('http://other/x'), headers: { 'X-A': 1 } } }
        }
      }`,
      'b.js': `exports.default = class { name = 'b'
        transformRequestIn(body) { return { ...body, b: body.a + 1 } }
        auth(body, provider) { return { body, config: { headers: { authorization: undefined, 'x-key': provider.apiKey } } } }
      }`,
    })
    expect(await chain('a', 'unknown', 'b')?.request({}, PROVIDER, {})).toEqual({
      body: { a: 1, b: 2 },
      url: 'http://other/x',
      headers: { 'x-a': '1', authorization: undefined, 'x-key': 'k' },
    })
  })

  it('see the answer last in, first out', async () => {
    const wrap = (name: string) => `module.exports = { name: '${name}',
      async transformResponseOut(response) {
        return new Response('${name}(' + (await response.text()) + ')', { headers: { 'x-by': '${name}' } })
      } }`
    const { chain } = await load({ 'outer.js': wrap('outer'), 'inner.js': wrap('inner') })
    const response = await chain('outer', 'inner')?.response(new Response('x'), {})
    expect(await response?.text()).toBe('outer(inner(x))')
    expect(response?.headers.get('x-by')).toBe('outer')
  })

  it.each([
    ['throws', `throw new Error('log in first')`, /request-throws\.js: .* failed: log in first$/],
    ['rejects', `return Promise.reject('no')`, /request-rejects\.js: .* failed: no$/],
    ['hangs', `return new Promise(() => {})`, /request-hangs\.js: .* did not answer within 1 s$/],
  ])('one that %s fails the request with its words', async (kind, code, words) => {
    const limits = kind === 'hangs' ? { ...LIMITS, requestMs: 1_000 } : LIMITS
    const source = `module.exports = { name: 'bad', transformRequestIn(body) { ${code} } }`
    const { chain, log } = await load({ [`request-${kind}.js`]: source }, {}, limits)
    await expect(chain('bad')?.request({ a: 1 }, PROVIDER, {})).rejects.toThrow(words)
    expect(log.lines).toHaveLength(1)
    expect(log.lines[0]).toMatch(/; the request fails$/)
  })

  it('one that gives nothing back leaves the request as it was', async () => {
    const source = `module.exports = { name: 'bad', transformRequestIn(body) { body.half = 1 } }`
    const { chain, log } = await load({ 'nothing.js': source })
    const sent = await chain('bad')?.request({ a: 1 }, PROVIDER, {})
    expect(sent).toEqual({ body: { a: 1 }, headers: {} })
    expect(log.lines).toEqual([])
  })

  it.each([
    ['throws', `throw new Error('oh no')`, /: transformResponseOut failed: oh no$/],
    ['throws after it took the answer', `await r.text(); throw 'oh no'`, / failed: oh no$/],
    ['takes the answer and gives none', `await r.text()`, / gave no answer$/],
    ['hangs', `await new Promise(() => {})`, / did not answer within 1 s$/],
  ])('one that %s fails the answer', async (kind, code, words) => {
    const limits = kind === 'hangs' ? { ...LIMITS, responseMs: 1_000 } : LIMITS
    const source = `module.exports = { name: 'bad', async transformResponseOut(r) { ${code} } }`
    const { chain } = await load({ [`answer-${kind.replaceAll(' ', '-')}.js`]: source }, {}, limits)
    await expect(chain('bad')?.response(new Response('x'), {})).rejects.toThrow(words)
  })

  it.each([
    ['by the name of its file', 'broken'],
    ['by a name that nothing has', 'sign'],
  ])('a module that cannot be loaded fails requests that need it %s', async (_, name) => {
    const { chain } = await load({
      'broken.js': `throw new Error('no key')`,
      'fine.js': `module.exports = { name: 'fine' }`,
    })
    await expect(chain('fine', name)?.request({}, PROVIDER, {})).rejects.toThrow(/no key$/)
    expect(await chain('fine', 'maxtoken')?.request({}, PROVIDER, {})).toBeDefined()
    expect(chain('maxtoken')).toBeUndefined()
  })

  it('that cannot be loaded are logged and left out', async () => {
    const { loaded, log } = await load({
      'broken.js': 'module.exports = class { constructor() { throw new Error("no key") } }',
      'empty.js': 'module.exports = 5',
      'good.js': 'module.exports = class {}',
      'endpoint.js': `module.exports = { name: 'e', endPoint: '/v1/x' }`,
    })
    expect(['broken', 'empty', 'good', 'e'].map((name) => loaded.has(name))).toEqual([
      false,
      false,
      true,
      true,
    ])
    expect(log.lines.map((line) => line.replace(/^.*\/|;.*$/g, '')).sort()).toEqual([
      'broken.js failed: no key',
      'empty.js failed: it exports no class',
      'x is not served',
    ])
    expect(loaded.chain(usedTransformers({ use: ['openrouter'] }))).toBeUndefined()
  })
})
