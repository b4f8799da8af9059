import { describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { recordingLog } from '../../test/support/log.ts'
import { emptyConfig } from '../config/defaults.ts'
import { createCustomRouter, type RouterQuestion } from './custom-router.ts'

const folder = testFolder()
const CONFIG = {
  ...emptyConfig(),
  providers: [{ name: 'p', url: 'http://h/v1', apiKey: 'k', models: ['m'], missing: [] }],
  router: { default: 'p,m' },
}
const question = (): RouterQuestion => ({
  body: { model: 'x', messages: [{ role: 'user', content: 'hi' }] },
  headers: { 'x-h': '1' },
  url: '/v1/messages?beta=true',
  method: 'POST',
  sessionId: 's-1',
  tokenCount: 42,
})

function createRouter(path: string, limitMs = 5_000) {
  const log = recordingLog()
  return { log, router: createCustomRouter({ path, config: CONFIG, limitMs, log }) }
}

describe('a custom router', () => {
  it('gets what claude-code-router 2 passed to it: request, config, events', async () => {
    const path = folder.write(
      'all.js',
      `module.exports = async function router(req, config, { event }) {
        req.log.info({ seen: true }, 'asked')
        const facts = [req.body.model, req.headers['x-h'], req.sessionId, req.tokenCount, req.method, req.url,
          config.Providers[0].api_base_url, config.Router.default, typeof event.on]
        return 'p,' + facts.join('|')
      }`,
    )
    const { router, log } = createRouter(path)
    expect((await router.choose(question()))?.model).toBe(
      'p,x|1|s-1|42|POST|/v1/messages?beta=true|http://h/v1|p,m|function',
    )
    expect(log.lines).toEqual(['info asked'])
  })

  it('may be ESM, and may answer without a promise', async () => {
    const path = folder.write('esm.mjs', `export default () => ' p,m '`)
    expect((await createRouter(path).router.choose(question()))?.model).toBe('p,m')
  })

  it('may leave the choice to the rules, and may change the request', async () => {
    const path = folder.write(
      'null.js',
      `module.exports = (req) => { req.body.model = 'y'; return null }`,
    )
    expect(await createRouter(path).router.choose(question())).toEqual({
      model: undefined,
      body: { model: 'y', messages: [{ role: 'user', content: 'hi' }] },
    })
  })

  it.each(['js', 'mjs'])('is read again when its file has changed (.%s)', async (kind) => {
    const source = (model: string) =>
      kind === 'js' ? `module.exports = () => '${model}'` : `export default () => '${model}'`
    const path = folder.write(`reloaded.${kind}`, source('p,one'))
    const { router } = createRouter(path)
    expect((await router.choose(question()))?.model).toBe('p,one')
    folder.write(`reloaded.${kind}`, source('p,two'))
    expect((await router.choose(question()))?.model).toBe('p,two')
    folder.write(`reloaded.${kind}`, 'this is {{ no module')
    expect(await router.choose(question())).toBeUndefined()
    folder.write(`reloaded.${kind}`, source('p,three'))
    expect((await router.choose(question()))?.model).toBe('p,three')
  })

  it.each([
    ['throws', `module.exports = () => { throw new Error('oh no') }`, 'failed: oh no'],
    ['rejects', `module.exports = async () => { throw new Error('oh no') }`, 'failed: oh no'],
    ['hangs', `module.exports = () => new Promise(() => {})`, 'did not answer within'],
    ['is no function', `module.exports = { default: 1 }`, 'it exports no function'],
    ['breaks when it is loaded', `throw new Error('at load')`, 'failed: at load'],
  ])('that %s is logged, and the request goes on', async (kind, source, message) => {
    const path = folder.write(`${kind.replaceAll(' ', '-')}.js`, source)
    const { router, log } = createRouter(path, kind === 'hangs' ? 1 : 5_000)
    expect(await router.choose(question())).toBeUndefined()
    expect(log.lines).toHaveLength(1)
    expect(log.lines[0]).toMatch(/^warn custom router .*the request goes on without it$/)
    expect(log.lines[0]).toContain(message)
  })

  it('that does not exist is logged', async () => {
    const { router, log } = createRouter('/no/such/router.js')
    expect(await router.choose(question())).toBeUndefined()
    expect(log.lines[0]).toContain('ENOENT')
  })

  it('that answers with something else than text is logged', async () => {
    const { router, log } = createRouter(
      folder.write('object.js', 'module.exports = () => ({ model: 1 })'),
    )
    expect(await router.choose(question())).toMatchObject({ model: undefined })
    expect(log.lines[0]).toContain('expected "provider,model" or null')
  })
})
