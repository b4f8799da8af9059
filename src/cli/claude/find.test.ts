import { describe, expect, it } from 'vitest'
import { ClaudeError, type Files, findClaude, type Platform } from './find.ts'

const LINUX: Platform = { windows: false, home: '/home/u', node: '/usr/bin/node' }
const WINDOWS: Platform = { windows: true, home: 'C:\\Users\\u', node: 'C:\\node\\node.exe' }

/** A file table: the text of each file; `!` at the front of a text marks a file that cannot run. */
function table(files: Readonly<Record<string, string>>): Files {
  return {
    kind(path) {
      const text = files[path]
      if (text === undefined) return 'none'
      return text.startsWith('!') ? 'file' : 'executable'
    },
    read: (path) => files[path] ?? '',
  }
}

function failure(run: () => unknown): ClaudeError {
  try {
    run()
  } catch (error) {
    if (error instanceof ClaudeError) return error
    throw error
  }
  throw new Error('expected a ClaudeError')
}

describe('finding claude', () => {
  it('takes CLAUDE_PATH of the config, then of the environment, then PATH', () => {
    const files = table({ '/c/claude': '', '/e/claude': '', '/p/claude': '' })
    const env = { CLAUDE_PATH: '/e/claude', PATH: '/none:/p' }
    expect(findClaude('/c/claude', env, files, LINUX).file).toBe('/c/claude')
    expect(findClaude('', env, files, LINUX).file).toBe('/e/claude')
    expect(findClaude('', { PATH: '/none:/p' }, files, LINUX).file).toBe('/p/claude')
  })

  it('looks a CLAUDE_PATH without a folder up on PATH, and knows the home folder', () => {
    const files = table({ '/p/claude-next': '', '/home/u/bin/claude': '' })
    expect(findClaude('claude-next', { PATH: '/p' }, files, LINUX).file).toBe('/p/claude-next')
    expect(findClaude('~/bin/claude', {}, files, LINUX).file).toBe('/home/u/bin/claude')
  })

  it('takes a CLAUDE_PATH with arguments, unless it is a file as it stands', () => {
    const files = table({ '/usr/bin/node': '', '/my apps/claude': '', '/p/claude': '' })
    const find = (named: string) => findClaude(named, { PATH: '/usr/bin:/p' }, files, LINUX)
    expect(find('/my apps/claude')).toEqual({ file: '/my apps/claude', args: [] })
    const args = ['--max-old-space-size=8192', '/my apps/cli.js']
    expect(find(`node ${args[0] ?? ''} "/my apps/cli.js"`)).toEqual({ file: '/usr/bin/node', args })
    expect(find("'/my apps/claude' --verbose").args).toEqual(['--verbose'])
    const error = failure(() => find('/gone/node cli.js'))
    expect(error.message).toContain("is '/gone/node'")
  })

  it('goes past what cannot be run on PATH', () => {
    const files = table({ '/a/claude': '!', '/b/claude': '' })
    expect(findClaude('', { PATH: '/a:/b' }, files, LINUX).file).toBe('/b/claude')
  })

  it('finds what the installers of Claude Code leave in the home folder, though PATH does not name it', () => {
    const [native, local] = ['/home/u/.local/bin/claude', '/home/u/.claude/local/claude']
    const find = (files: Readonly<Record<string, string>>) =>
      findClaude('', { PATH: '/a' }, table(files), LINUX).file
    expect(find({ [native]: '', [local]: '' })).toBe(native)
    expect(find({ [native]: '!', [local]: '' })).toBe(local)
    expect(find({ '/a/claude': '', [native]: '' })).toBe('/a/claude')
    expect(
      failure(() => findClaude('claude', { PATH: '/a' }, table({ [native]: '' }), LINUX)),
    ).toMatchObject({ exitCode: 127 })
  })

  it('says which claude cannot be run when there is no other', () => {
    for (const path of ['/a/claude', '/home/u/.local/bin/claude']) {
      const error = failure(() =>
        findClaude('', { PATH: '/none:/a' }, table({ [path]: '!' }), LINUX),
      )
      expect(error).toMatchObject({ exitCode: 126, message: `'${path}' is not executable.` })
    }
  })

  it('says how to install it when it is nowhere', () => {
    const error = failure(() => findClaude('', { PATH: '/a' }, table({}), LINUX))
    expect(error).toMatchObject({ exitCode: 127 })
    expect(error.hint).toContain('npm install -g @anthropic-ai/claude-code')
  })

  it('names the CLAUDE_PATH that leads nowhere, instead of taking another claude', () => {
    const files = table({ '/p/claude': '' })
    const error = failure(() => findClaude('/gone/claude', { PATH: '/p' }, files, LINUX))
    expect(error).toMatchObject({ exitCode: 127 })
    expect(error.message).toContain("CLAUDE_PATH of the config is '/gone/claude'")
  })

  it('says how to allow a file that cannot be run', () => {
    const error = failure(() => findClaude('/c/claude', {}, table({ '/c/claude': '!' }), LINUX))
    expect(error).toMatchObject({ exitCode: 126 })
    expect(error.hint).toContain('chmod +x /c/claude')
    const spaced = { '/my apps/claude': '!' }
    const other = failure(() => findClaude('/my apps/claude', {}, table(spaced), LINUX))
    expect(other.hint).toContain("chmod +x '/my apps/claude'")
  })
})

describe('finding claude on Windows', () => {
  const NPM = 'C:\\Users\\u\\AppData\\Roaming\\npm'
  const PACKAGE = '%dp0%\\node_modules\\@anthropic-ai\\claude-code'
  const env = { Path: `C:\\Windows;${NPM}`, PATHEXT: '.COM;.EXE;.BAT;.CMD' }

  it('takes claude.exe before claude.cmd, and never the shell script beside it', () => {
    const files = table({
      [`${NPM}\\claude`]: '#!/bin/sh',
      [`${NPM}\\claude.exe`]: '',
      [`${NPM}\\claude.cmd`]: '',
    })
    expect(findClaude('', env, files, WINDOWS)).toEqual({
      file: `${NPM}\\claude.exe`,
      args: [],
    })
  })

  it('finds the native installation in the home folder', () => {
    const path = 'C:\\Users\\u\\.local\\bin\\claude.exe'
    expect(findClaude('', env, table({ [path]: '' }), WINDOWS)).toEqual({ file: path, args: [] })
  })

  it('runs the Node script behind a shim with the running Node', () => {
    const shim = [
      '@ECHO off',
      'GOTO start',
      'IF EXIST "%dp0%\\node.exe" (',
      '  SET "_prog=%dp0%\\node.exe"',
      ') ELSE ( SET "_prog=node" )',
      `endLocal & goto #_undefined_# 2>NUL || "%_prog%"  "${PACKAGE}\\cli.js" %*`,
    ].join('\r\n')
    const files = table({ [`${NPM}\\claude.cmd`]: shim })
    expect(findClaude('', env, files, WINDOWS)).toEqual({
      file: 'C:\\node\\node.exe',
      args: [`${NPM}\\node_modules\\@anthropic-ai\\claude-code\\cli.js`],
    })
  })

  it('runs the program behind a shim', () => {
    const shim = `@ECHO off\r\n"${PACKAGE}\\bin\\claude.exe"   %*\r\n`
    const files = table({ [`${NPM}\\claude.cmd`]: shim })
    expect(findClaude('', env, files, WINDOWS)).toEqual({
      file: `${NPM}\\node_modules\\@anthropic-ai\\claude-code\\bin\\claude.exe`,
      args: [],
    })
  })

  it('completes a CLAUDE_PATH without an extension', () => {
    const files = table({ 'D:\\tools\\claude.exe': '' })
    expect(findClaude('D:\\tools\\claude', env, files, WINDOWS).file).toBe('D:\\tools\\claude.exe')
  })

  it('refuses a batch file that it cannot look behind, instead of handing it to a shell', () => {
    const files = table({ [`${NPM}\\claude.cmd`]: '@call something %*' })
    expect(failure(() => findClaude('', env, files, WINDOWS))).toMatchObject({ exitCode: 126 })
  })
})

describe('what Windows cannot start as a program', () => {
  // The PATHEXT that Windows sets.
  const PATHEXT = '.COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC'

  it('is passed over on PATH, though PATHEXT lists it', () => {
    const files = table({ 'C:\\a\\claude.js': '', 'C:\\b\\claude.exe': '' })
    const env = { PATH: 'C:\\a;C:\\b', PATHEXT }
    expect(findClaude('', env, files, WINDOWS).file).toBe('C:\\b\\claude.exe')
  })

  it.each(['cli.js', 'cli.mjs', 'CLI.CJS'])('is run by Node when CLAUDE_PATH is %s', (name) => {
    const file = `C:\\claude code\\${name}`
    for (const env of [{ PATHEXT }, {}]) {
      expect(findClaude(file, env, table({ [file]: '' }), WINDOWS)).toEqual({
        file: WINDOWS.node,
        args: [file],
      })
    }
  })

  it('does not depend on a PATHEXT that lists no program', () => {
    const files = table({ 'C:\\a\\claude.exe': '' })
    for (const pathext of ['.PY', '']) {
      const env = { PATH: 'C:\\a', PATHEXT: pathext }
      expect(findClaude('', env, files, WINDOWS).file).toBe('C:\\a\\claude.exe')
    }
  })
})
