/** `Lend`: what is wrong with it is named by its place, and its key is a secret. */
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../../test/support/folder.ts'
import { loadConfig } from '../load.ts'
import { reportOn } from './report.ts'

const folder = testFolder()
const SECRET = 'bsa-0123456789'

function written(Lend: unknown): string {
  const Providers = [{ name: 'p', api_base_url: 'https://p.test/v1', models: ['m'] }]
  return folder.write('config.json', JSON.stringify({ Providers, Lend }))
}

function messages(lend: unknown, env = {}): { errors: string[]; warnings: string[] } {
  const { errors, warnings } = reportOn(written(lend), env)
  const texts = (list: typeof errors): string[] => list.map(({ message }) => message)
  return { errors: texts(errors), warnings: texts(warnings) }
}

describe('Lend', () => {
  it.each([
    [{ vision: 1 }, 'Lend.vision is 1; expected "provider,model"'],
    [
      { vison: 'p,m' },
      'Lend.vison is not a key of Lend; expected an object with vision or webSearch',
    ],
    ['p,m', 'Lend is "p,m"; expected an object'],
    [['p,m'], 'Lend is a list; expected an object'],
    [{ webSearch: 1 }, 'Lend.webSearch is 1; expected "provider,model"'],
    [{ webSearch: ['p,m'] }, 'Lend.webSearch is a list; expected "provider,model"'],
    [{ webSearch: {} }, 'Lend.webSearch has no service; expected an object with service'],
    [
      { webSearch: { service: 'bing' } },
      'Lend.webSearch.service is "bing"; expected one of searxng, brave, tavily',
    ],
    [
      { webSearch: { service: 'brave', apiKey: SECRET } },
      'Lend.webSearch.apiKey is not a key of Lend.webSearch',
    ],
    [
      { webSearch: { service: 'searxng', url: 'localhost:8080' } },
      'Lend.webSearch.url is "localhost:8080"; expected the http(s) address',
    ],
    [{ webSearch: { service: 'brave', api_key: 7 } }, 'Lend.webSearch.api_key is a number'],
  ])('%j is refused by its place', (lend, message) => {
    const { errors } = messages(lend)
    expect(errors.join('\n')).toContain(message)
    expect(errors.join('\n')).not.toContain(SECRET)
  })

  it.each([
    [{ service: 'searxng' }, 'Lend.webSearch has no url'],
    [{ service: 'brave', url: 'https://b.test' }, 'Lend.webSearch has no api_key'],
    [{ service: 'tavily' }, 'Lend.webSearch has no api_key'],
  ])('a service without what it needs, %j, is a mistake', (webSearch, message) => {
    const { errors, warnings } = reportOn(written({ webSearch }), {})
    expect(errors).toEqual([])
    expect(warnings).toMatchObject([{ isMistake: true }])
    expect(warnings[0]?.message).toContain(message)
  })

  it.each([
    [{}],
    [{ vision: '' }],
    [{ vision: 'p,m', webSearch: 'p,m' }],
    [{ webSearch: { service: 'searxng', url: 'http://127.0.0.1:8080/' } }],
    [{ webSearch: { service: 'tavily', api_key: SECRET } }],
  ])('%j is fine', (lend) => {
    expect(messages(lend)).toEqual({ errors: [], warnings: [] })
  })

  it('with a key whose variable is not set says what to type, and loads', () => {
    const lend = { webSearch: { service: 'brave', api_key: '${B_KEY}' } }
    expect(messages(lend).warnings).toEqual([
      expect.stringMatching(
        /^Lend\.webSearch\.api_key refers to B_KEY, which is not set; web searches cannot use it .*export B_KEY=….*ccr key set brave/,
      ),
    ])
    const config = loadConfig(written(lend), {})
    expect(config.lend.webSearch).toEqual({ service: 'brave', apiKey: '', missing: ['B_KEY'] })
    expect(config.keyVariables).toEqual(['B_KEY'])
  })

  it('takes its key from a variable, which is one of the keys', () => {
    const lend = { webSearch: { service: 'brave', api_key: '${B_KEY}' } }
    const config = loadConfig(written(lend), { B_KEY: SECRET })
    expect(config.lend.webSearch).toEqual({ service: 'brave', apiKey: SECRET, missing: [] })
    expect(config.keyVariables).toEqual(['B_KEY'])
  })

  it('never puts a key into the name of a model', () => {
    const config = loadConfig(written({ vision: 'p,$A_KEY', webSearch: '$A_KEY' }), {
      A_KEY: SECRET,
    })
    expect(JSON.stringify(config.lend)).not.toContain(SECRET)
    expect(config.warnings.join('\n')).toContain('Lend.vision refers to A_KEY, which is a key')
  })
})

describe('forceUseImageAgent', () => {
  const warnings = (more: object): string[] => {
    const Providers = [{ name: 'p', api_base_url: 'https://p.test/v1', models: ['m'] }]
    const file = folder.write('config.json', JSON.stringify({ Providers, ...more }))
    return reportOn(file, {}).warnings.map(({ message }) => message)
  }

  it.each([true, 'true'])('%j without Router.image has no effect, and that is told', (written) => {
    expect(warnings({ forceUseImageAgent: written })).toEqual([
      expect.stringContaining('forceUseImageAgent has no effect without Router.image'),
    ])
  })

  it.each([
    { forceUseImageAgent: false },
    { forceUseImageAgent: '' },
    { forceUseImageAgent: 'false' },
    { forceUseImageAgent: true, Router: { image: 'p,m' } },
  ])('%j is fine', (written) => expect(warnings(written)).toEqual([]))
})
