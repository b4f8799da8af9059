/** `ccr config edit`. */
/** `ccr config edit`. */
import { spawn } from 'node:child_process'
import { chmodSync, statSync } from 'node:fs'
import { UserError } from '../../../lib/user-error.ts'
import type { SessionRef } from '../../../session/identity.ts'
import type { Io } from '../../command.ts'
import { checkConfig } from './check.ts'

const DEFAULT_EDITOR = process.platform === 'win32' ? 'notepad' : 'vi'

/**
 * Opens the config in the user's editor, waits until the editor ends, and checks the result. The file
 * keeps its permissions, whatever the editor does. Throws UserError.
 */
export async function editConfig(ref: SessionRef, io: Io): Promise<number> {
  const before = statSync(ref.configFile, { throwIfNoEntry: false })
  if (before === undefined) {
    throw new UserError(`there is no config at ${ref.configFile}.`, 'Write one with: ccr init')
  }
  const words = editorWords(io.env)
  const code = await run(words, ref.configFile, io.env)
  if (code !== 0) {
    throw new UserError(
      `the editor (${words.join(' ')}) ended with ${code}.`,
      'Check $VISUAL and $EDITOR.',
    )
  }
  keepPrivate(ref.configFile, before.mode)
  return checkConfig(ref, io, false)
}

/** `$VISUAL`, else `$EDITOR`, split at spaces: no shell reads it. */
export function editorWords(env: Io['env']): readonly string[] {
  const named = (env['VISUAL'] ?? '').trim() || (env['EDITOR'] ?? '').trim()
  return (named || DEFAULT_EDITOR).split(/\s+/)
}

function run(words: readonly string[], file: string, env: Io['env']): Promise<number | string> {
  const [program = DEFAULT_EDITOR, ...args] = words
  const child = spawn(program, [...args, file], { stdio: 'inherit', env: { ...env } })
  const ignore = (): void => undefined // Ctrl-C is meant for the editor
  process.on('SIGINT', ignore)
  return new Promise<number | string>((resolve, reject) => {
    child.once('error', (cause) => {
      const hint = 'Name an editor with EDITOR, for example: EDITOR=nano ccr config edit'
      reject(
        new UserError(`the editor '${program}' cannot be started: ${cause.message}`, hint, cause),
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
