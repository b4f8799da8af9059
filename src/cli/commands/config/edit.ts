/** `ccr config edit`. */
/** `ccr config edit`. */
import { spawn } from 'node:child_process'
import { chmodSync, statSync } from 'node:fs'
import { UserError } from '../../../lib/user-error.ts'
import { NOT_OF_FOLDER } from '../../../lib/program.ts'
import type { SessionRef } from '../../../session/identity.ts'
import type { Io } from '../../command.ts'
import { checkConfig } from './check.ts'

/**
 * Opens the config in the user's editor, waits until the editor ends, and checks the result. The file
 * keeps its permissions, whatever the editor does. Throws UserError.
 */
export async function editConfig(ref: SessionRef, io: Io): Promise<number> {
  const before = statSync(ref.configFile, { throwIfNoEntry: false })
  if (before === undefined) {
    throw new UserError(`there is no config at ${ref.configFile}.`, 'Write one with: ccr init')
  }
  const code = await run(ref.configFile, io.env)
  if (code !== 0) {
    throw new UserError(
      `the editor (${editorOf(io.env)}) ended with ${code}.`,
      'Check $VISUAL and $EDITOR.',
    )
  }
  keepPrivate(ref.configFile, before.mode)
  return checkConfig(ref, io, false)
}

/** `$VISUAL`, else `$EDITOR`. */
function editorOf(env: Io['env'], windows = process.platform === 'win32'): string {
  const named = (env['VISUAL'] ?? '').trim() || (env['EDITOR'] ?? '').trim()
  return named || (windows ? 'notepad' : 'vi')
}

interface EditorCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly options: { readonly shell?: true; readonly env?: Readonly<Record<string, string>> }
}

/**
 * How the editor is started with the file. It is split at spaces and no shell reads it, except on Windows: there
 * cmd does, because a `code.cmd` is no program, and paths have blanks and stand in quotes. The file is in a
 * variable, whose value cmd does not read again for `%`.
 */
export function editorCommand(
  env: Io['env'],
  file: string,
  windows = process.platform === 'win32',
): EditorCommand {
  const editor = editorOf(env, windows)
  if (windows) {
    const options = { shell: true, env: { CCR_EDITED_FILE: file, ...NOT_OF_FOLDER } } as const
    return { command: `${editor} "%CCR_EDITED_FILE%"`, args: [], options }
  }
  const [command = '', ...args] = editor.split(/\s+/)
  return { command, args: [...args, file], options: {} }
}

function run(file: string, env: Io['env']): Promise<number | string> {
  const { command, args, options } = editorCommand(env, file)
  const child = spawn(command, args, {
    ...options,
    stdio: 'inherit',
    env: { ...env, ...options.env },
  })
  const ignore = (): void => undefined // Ctrl-C is meant for the editor
  process.on('SIGINT', ignore)
  return new Promise<number | string>((resolve, reject) => {
    child.once('error', (cause) => {
      const hint = 'Name an editor with EDITOR, for example: EDITOR=nano ccr config edit'
      reject(
        new UserError(`the editor '${command}' cannot be started: ${cause.message}`, hint, cause),
      )
    })
    child.once('close', (code, signal) => resolve(code ?? signal ?? 1))
  }).finally(() => process.off('SIGINT', ignore))
}

/** Restores the permissions if the editor has replaced the file by a more open one. */
function keepPrivate(file: string, mode: number): void {
  if (process.platform === 'win32') return
  const now = statSync(file, { throwIfNoEntry: false })?.mode ?? mode
  if ((now & 0o777 & ~mode) !== 0) chmodSync(file, mode & 0o777)
}
