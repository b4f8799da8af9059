import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { testFolder } from '../../../test/support/folder.ts'
import { refuseConflictingSettings } from './settings-conflicts.ts'

const home = testFolder()

beforeAll(() => {
  program('old', 'x'.repeat(2_000_000))
  // Right over the edge of a piece that is read at once.
  program('new', `${'x'.repeat(4 * 1024 * 1024 - 9)}CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST`)
  program('script', 'exec claude "$@"')
})

function program(name: string, text: string): void {
  home.write(`${name}.js`, text)
  symlinkSync(`${name}.js`, join(home.path, name))
}

function settings(env: object, folder = ''): void {
  home.write(join(folder, '.claude/settings.json'), JSON.stringify({ env }))
}

const launch = (claude: string) => () =>
  refuseConflictingSettings({
    claude: { file: join(home.path, claude), args: [] },
    env: { HOME: home.path },
    folder: join(home.path, 'work'),
    baseUrl: 'http://127.0.0.1:3457',
  })

describe('a settings file that sends claude elsewhere', () => {
  it.each([
    ['another address', { ANTHROPIC_BASE_URL: 'http://127.0.0.1:3456' }, 'ANTHROPIC_BASE_URL'],
    ['a cloud', { CLAUDE_CODE_USE_BEDROCK: '1' }, 'CLAUDE_CODE_USE_BEDROCK'],
  ])('to %s stops an old claude, and only that', (_, env, named) => {
    settings(env)
    expect(launch('old')).toThrow(named)
    expect(launch('new')).not.toThrow()
    expect(launch('script')).not.toThrow()
  })

  it("may be the project's", () => {
    settings({})
    settings({ ANTHROPIC_BASE_URL: 'https://gateway.test' }, 'work')
    expect(launch('old')).toThrow('work/.claude/settings.json')
    settings({}, 'work')
  })

  it.each([
    ['names the session itself', { ANTHROPIC_BASE_URL: 'http://localhost:3457/' }],
    ['switches no cloud on', { CLAUDE_CODE_USE_VERTEX: '0', ANTHROPIC_BASE_URL: '' }],
  ])('is none where it %s', (_, env) => {
    settings(env)
    expect(launch('old')).not.toThrow()
  })

  it('is none where it cannot be read', () => {
    home.write('.claude/settings.json', '{')
    expect(launch('old')).not.toThrow()
  })
})
