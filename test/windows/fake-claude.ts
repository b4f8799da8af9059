/**
 * A stand-in for claude as npm installs it on Windows: `claude.cmd` on PATH, beside the script for
 * other shells, and the program behind it. The program prints what it was given, and goes on
 * as `FAKE` in the environment says.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Shown {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly execPath: string
}

/**
 * `FAKE=show` (or unset) prints what it was given, `exit:N` ends with N, `ask` prints the answer of its
 * session to its last argument, and `wait` writes its pid and its parent's to the file `ready` of its folder and waits
 * until there is a file `go`.
 */
const PROGRAM = `
const { existsSync, renameSync, writeFileSync } = require('node:fs')
const [mode, value] = (process.env.FAKE ?? 'show').split(':')
const write = (file, text) => { writeFileSync(file + '.new', text); renameSync(file + '.new', file) }
async function ask(prompt) {
  const { ANTHROPIC_BASE_URL, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_MODEL } = process.env
  const response = await fetch(ANTHROPIC_BASE_URL + '/v1/messages', {
    method: 'POST',
    headers: { authorization: 'Bearer ' + ANTHROPIC_AUTH_TOKEN, 'content-type': 'application/json' },
    body: JSON.stringify({ model: ANTHROPIC_MODEL, max_tokens: 100, messages: [{ role: 'user', content: prompt }] }),
  })
  const { content, error } = await response.json()
  return response.status + ' ' + (content?.[0]?.text ?? error?.message)
}
async function main() {
  if (process.argv.slice(2).join() === '--version') return console.log('0.0.0 (a stand-in)')
  if (mode === 'exit') process.exitCode = Number(value)
  if (mode === 'ask') console.log(await ask(process.argv.at(-1)))
  if (mode === 'show') {
    const { argv, env, execPath } = process
    console.log(JSON.stringify({ argv: argv.slice(2), env, cwd: process.cwd(), execPath }))
  }
  if (mode !== 'wait') return
  write(process.env.FAKE_FOLDER + '\\\\ready', process.pid + ' ' + process.ppid)
  while (!existsSync(process.env.FAKE_FOLDER + '\\\\go')) await new Promise((resolve) => setTimeout(resolve, 50))
  console.log(await ask('after the wait'))
}
main()
`

/** The batch file that npm 11 writes (cmd-shim 8.0.0) for a program of Node. */
const shim = (target: string): string =>
  [
    '@ECHO off',
    'GOTO start',
    ':find_dp0',
    'SET dp0=%~dp0',
    'EXIT /b',
    ':start',
    'SETLOCAL',
    'CALL :find_dp0',
    '',
    'IF EXIST "%dp0%\\node.exe" (',
    '  SET "_prog=%dp0%\\node.exe"',
    ') ELSE (',
    '  SET "_prog=node"',
    '  SET PATHEXT=%PATHEXT:;.JS;=;%',
    ')',
    '',
    `endLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & "%_prog%"  "%dp0%\\${target}" %*`,
    '',
  ].join('\r\n')

/** The same for a program that is an .exe, as claude 2.1.330 has it. */
const shimOfExe = (target: string): string =>
  [
    '@ECHO off',
    'GOTO start',
    ':find_dp0',
    'SET dp0=%~dp0',
    'EXIT /b',
    ':start',
    'SETLOCAL',
    'CALL :find_dp0',
    `"%dp0%\\${target}"   %*`,
    '',
  ].join('\r\n')

const PACKAGE = ['node_modules', '@anthropic-ai', 'claude-code'] as const

/** Installs the stand-in as npm does into a folder for PATH. */
export async function installFakeClaude(folder: string): Promise<void> {
  await mkdir(join(folder, ...PACKAGE), { recursive: true })
  await writeFile(join(folder, ...PACKAGE, 'cli.js'), PROGRAM)
  await writeFile(join(folder, 'claude.cmd'), shim([...PACKAGE, 'cli.js'].join('\\')))
  await writeFile(join(folder, 'claude'), '#!/bin/sh\nexit 99\n')
  await writeFile(join(folder, 'claude.ps1'), 'exit 99\n')
}

/**
 * Installs Node itself as the claude.exe behind a `claude.cmd`: it runs the program that its first
 * argument names, which is the stand-in in this folder.
 */
export async function installFakeExe(folder: string, node: string): Promise<string> {
  await mkdir(join(folder, ...PACKAGE, 'bin'), { recursive: true })
  await copyFile(node, join(folder, ...PACKAGE, 'bin', 'claude.exe'))
  await writeFile(
    join(folder, 'claude.cmd'),
    shimOfExe([...PACKAGE, 'bin', 'claude.exe'].join('\\')),
  )
  const program = join(folder, 'cli.js')
  await writeFile(program, PROGRAM)
  return program
}
