/** Where the requests of the real client go, as `ccr explain FILE --headers FILE` tells it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { command } from '../../src/cli/commands/explain/explain.ts'
import type { Explanation } from '../../src/gateway/explain.ts'
import { emptyHome, type Home, runCommand } from '../support/command.ts'
import { clientFiles, clientRequests } from './fixtures.ts'
import { RECORDINGS } from '../support/requires.ts'

const CONFIG = {
  Providers: [
    {
      name: 'p',
      api_base_url: 'https://api.openai.com/v1/chat/completions',
      api_key: 'k',
      models: ['main', 'small', 'deep', 'wide', 'eyes', 'web'],
    },
  ],
  Router: {
    default: 'p,main',
    background: 'p,small',
    think: 'p,deep',
    longContext: 'p,wide',
    image: 'p,eyes',
    webSearch: 'p,web',
  },
}

/** By the name of the recording. */
const ROUTES: Readonly<Record<string, readonly [target: string, route: string]>> = {
  '01-plain-sonnet': ['p,main', 'default'],
  '02-parallel-tool-results': ['p,main', 'default'],
  '03-thinking-signed-turn': ['p,main', 'default'],
  '06-read-png-tool-result-image': ['p,eyes', 'image: shows the model an image'],
  '10-toolsearch-tool-reference': ['p,main', 'default'],
  '14-subagent-trailing-system': ['p,main', 'default'],
  '16-plan-mode-safeguards': ['p,deep', 'think: plan mode'],
  '21-unknown-model-gpt': ['p,main', 'default'],
  '22-old-model-budget-thinking': ['p,deep', 'think: thinking with a budget'],
  '35-title-generation-json-schema': ['p,small', 'background: wants a title'],
}

describe('a recorded request of the real client', RECORDINGS, () => {
  let home: Home
  beforeAll(async () => {
    home = await emptyHome()
    mkdirSync(home.ccrHome, { mode: 0o700 })
    writeFileSync(home.configFile, JSON.stringify(CONFIG), { mode: 0o600 })
  })
  afterAll(() => home.remove())

  async function explained(name: string, preference?: string): Promise<Explanation> {
    const [body, headers] = clientFiles(name)
    const env = { ...home.env, ...(preference && { CCR_MODEL_PREFERENCE: preference }) }
    const { code, out } = await runCommand(command, [body, '--headers', headers, '--json'], env)
    expect(code).toBe(0)
    return JSON.parse(out) as Explanation
  }

  it.each(Object.entries(ROUTES))('%s goes to %s', async (name, [target, route]) => {
    const explanation = await explained(name)
    expect(explanation).toMatchObject({ route, error: null, targets: [{ target }] })
    const [taken] = explanation.rules.filter((rule) => rule.taken)
    expect(taken).toMatchObject({ rule: route.split(':')[0], fits: true })
    expect(taken?.why).toContain(target)
  })

  it.each(Object.keys(ROUTES))('%s goes to the model of a preference', async (name) => {
    expect(await explained(name, 'p,wide')).toMatchObject({
      route: 'preference',
      targets: [{ target: 'p,wide' }],
    })
  })

  it('has a route here, whichever it is', () => {
    const names = clientRequests().map(([file]) => file.slice(0, -'.json'.length))
    expect(Object.keys(ROUTES)).toEqual(names)
  })
})
