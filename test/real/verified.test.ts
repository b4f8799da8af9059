/** What a run of `npm run test:real` makes of a server that cannot be installed or does not start. */
import { describe, expect, it } from 'vitest'
import type { RealServer } from './server.ts'
import { runServer } from './suite.ts'
import { withServers } from './verified.ts'

const RUN = { date: '2026-12-01', client: '1.2.3' }
const CAN = { tools: true, toolChoice: true, images: true, countTokens: true } as const
const fails = (why: string) => (): Promise<never> => Promise.reject(new Error(why))

const SERVER: RealServer = {
  id: 'some',
  title: 'Some server',
  version: '2',
  downloads: 'nothing',
  ways: ['chat', 'messages'].map((name) => ({
    name,
    path: `/${name}`,
    provider: { name: 'ollama' },
    can: CAN,
  })),
  stretches: true,
  install: () => Promise.resolve(),
  start: fails('its port is taken'),
}

const rowsOf = async (server: RealServer) => {
  const parts = { conversation: true, rest: true, whole: true }
  return (await runServer({ server, claude: '', log: () => undefined, parts })).rows
}

/** The page of an earlier run in which everything passed. */
const BEFORE = withServers(
  '# Servers\n',
  ['chat', 'messages', 'chat, stretched'].map((way) => ({
    ...{ server: SERVER.title, version: '1', way, check: 'text' },
    outcome: { kind: 'passed' },
  })),
  { ...RUN, date: '2026-11-01' },
)

describe('a server that cannot be installed', () => {
  const server = { ...SERVER, install: fails('the hash of its package is another one') }

  it('is a failure, not a thing that it cannot do', async () => {
    const why = 'not run: the hash of its package is another one'
    expect(await rowsOf(server)).toMatchObject([
      { check: 'install', outcome: { kind: 'failed', why } },
    ])
  })

  it('keeps its rows of an earlier run', async () => {
    expect(withServers(BEFORE, await rowsOf(server), RUN)).toBe(BEFORE)
  })
})

it('a server that does not start is a failed row of each of its APIs, in place of those of an earlier run', async () => {
  const page = withServers(BEFORE, await rowsOf(SERVER), RUN)
  expect(page).not.toContain('2026-11-01')
  expect(page.match(/its port is taken \| 2026-12-01/g)).toHaveLength(3)
})
