import { expect, it } from 'vitest'
import type { Config } from '../config/config.ts'
import { emptyConfig } from '../config/defaults.ts'
import { createReloadableLog, type ReloadableLog } from './reloadable-log.ts'
import type { Sink } from './log.ts'

function logOf(first: Partial<Config>): { log: ReloadableLog; lines: string[] } {
  const lines: string[] = []
  const sink = { write: (line: string) => void lines.push(line) } as unknown as Sink
  const log = createReloadableLog(
    { ...emptyConfig(), ...first },
    { token: 'the-token', env: {}, sink },
  )
  return { log, lines }
}

const ALL = ['debug', 'info', 'warn', 'error'] as const

it.each<[Config['logLevel'], readonly string[]]>([
  ['trace', ALL],
  ['debug', ALL],
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
  ['fatal', []],
])('LOG_LEVEL %s is what is written', (logLevel, expected) => {
  const { log, lines } = logOf({ logLevel })
  for (const level of ALL) log[level]({}, `at ${level}`)
  expect(ALL.filter((level) => lines.some((line) => line.includes(`at ${level}`)))).toEqual(
    expected,
  )
})

it('LOG: false writes nothing, until an edit of the config says otherwise', () => {
  const { log, lines } = logOf({ log: false })
  log.error({}, 'one')
  expect([log.isSilent, lines]).toEqual([true, []])
  log.follow({ ...emptyConfig(), log: true, logLevel: 'warn' })
  log.info({}, 'two')
  log.warn({}, 'three')
  expect(log.isSilent).toBe(false)
  expect(lines.join()).toContain('three')
  expect(lines.join()).not.toContain('two')
})

it('secrets of the config before stay masked behind an edit, those of the new one too', () => {
  const provider = { name: 'p', url: 'https://p.test', models: [], missing: [] }
  const { log, lines } = logOf({ providers: [{ ...provider, apiKey: 'sk-before-1234' }] })
  log.follow({ ...emptyConfig(), providers: [{ ...provider, apiKey: 'sk-behind-5678' }] })
  log.warn({ key: 'sk-before-1234' }, 'with sk-behind-5678 and the-token')
  expect(lines).toHaveLength(1)
  expect(lines.join()).not.toMatch(/sk-before-1234|sk-behind-5678|the-token/)
  expect(log.masked('sk-before-1234 sk-behind-5678')).not.toMatch(/before|behind/)
})
