import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { POSIX } from '../../test/support/requires.ts'
import { commandLine, commandLineIn, isPowerShell, shellOf, shellWord } from './command-line.ts'

const DEFAULT = { preference: '', configFile: '/home/u/config.json', isCustomConfig: false }

describe('a hint', () => {
  it('names the session of a preference, and that of a config file', () => {
    expect(commandLine({ ...DEFAULT, preference: 'p,m' }, 'stop --force', {})).toBe(
      'CCR_MODEL_PREFERENCE=p,m ccr stop --force',
    )
    const custom = { preference: 'p,m', configFile: '/w/team config.json', isCustomConfig: true }
    expect(commandLine(custom, 'logs', {})).toBe(
      "CCR_CONFIG='/w/team config.json' CCR_MODEL_PREFERENCE=p,m ccr logs",
    )
  })

  it('for the default session is bare, but not in a shell that names another', () => {
    expect(commandLine(DEFAULT, 'stop', { CCR_MODEL_PREFERENCE: ' ' })).toBe('ccr stop')
    const shell = { CCR_MODEL_PREFERENCE: 'p,m', CCR_CONFIG: '/other' }
    expect(commandLine(DEFAULT, 'stop', shell)).toBe('CCR_CONFIG= CCR_MODEL_PREFERENCE= ccr stop')
  })

  it('of a daemon is told from its environment', () => {
    const env = { CCR_MODEL_PREFERENCE: 'p,m', CCR_CONFIG: '/own' }
    expect(commandLineIn(env, 'restart')).toBe(
      'CCR_CONFIG=/own CCR_MODEL_PREFERENCE=p,m ccr restart',
    )
    expect(commandLineIn({ CCR_MODEL_PREFERENCE: '' }, 'restart')).toBe('ccr restart')
  })

  it('is for PowerShell on Windows, unless SHELL names another shell', () => {
    expect(isPowerShell({}, 'win32')).toBe(true)
    expect(isPowerShell({ SHELL: '' }, 'win32')).toBe(true)
    expect(isPowerShell({ SHELL: '/usr/bin/bash' }, 'win32')).toBe(false)
    expect(isPowerShell({}, 'linux')).toBe(false)
    const custom = {
      preference: "p,it's",
      configFile: 'C:\\my config.json',
      isCustomConfig: true,
    }
    expect(commandLine(custom, 'stop', {}, true)).toBe(
      "$env:CCR_CONFIG = 'C:\\my config.json'; $env:CCR_MODEL_PREFERENCE = 'p,it''s'; ccr stop",
    )
    const shell = { CCR_MODEL_PREFERENCE: 'p,m' }
    expect(commandLine(DEFAULT, 'stop', shell, true)).toBe(
      "$env:CCR_MODEL_PREFERENCE = ''; ccr stop",
    )
    expect(commandLine(DEFAULT, 'stop', {}, true)).toBe('ccr stop')
  })

  it('quotes words as the shell reads them', () => {
    expect(shellWord('C:\\a\\b.json', true)).toBe('C:\\a\\b.json')
    expect(shellWord('C:\\a b', true)).toBe("'C:\\a b'")
    expect(shellWord('p,m', true)).toBe("'p,m'")
    expect(shellWord('a\u2019b $x', true)).toBe("'a\u2019\u2019b $x'")
    expect(shellWord('p,m', false)).toBe('p,m')
    expect(shellWord("it's", false)).toBe("'it'\\''s'")
  })

  it('reaches ccr as it is, whatever the preference holds', POSIX, () => {
    const preference = `p,it's "$HOME" \`id\`; & 'x'`
    const line = commandLine({ ...DEFAULT, preference }, 'stop', {}).replace(/ccr stop$/, '')
    const script = `${line} node -p process.env.CCR_MODEL_PREFERENCE`
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(`${preference}\n`)
  })
})

describe('the shell', () => {
  it.each([
    ['/usr/bin/fish', 'linux', 'fish'],
    ['/bin/zsh', 'linux', 'zsh'],
    ['/bin/tcsh', 'linux', 'bash'],
    ['/usr/bin/pwsh', 'linux', 'powershell'],
    ['C:\\tools\\pwsh.exe', 'win32', 'powershell'],
    ['C:\\Git\\usr\\bin\\bash.EXE', 'win32', 'bash'],
    ['toString', 'win32', 'bash'],
    ['', 'win32', 'powershell'],
    ['', 'linux', 'bash'],
  ] as const)('of SHELL=%s on %s is %s', (shell, platform, name) => {
    expect(shellOf({ SHELL: shell }, platform)).toBe(name)
    expect(isPowerShell({ SHELL: shell }, platform)).toBe(name === 'powershell')
  })
})
