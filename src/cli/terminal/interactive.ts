/** Whether a command can ask the user a question. */
/** Whether a command can ask the user a question. */
import { UserError } from '../../lib/user-error.ts'
import type { Io } from '../command.ts'

/** True if both standard input and standard output are a terminal. */
export function isInteractive({ stdout }: Pick<Io, 'stdout'>): boolean {
  return stdout.isTTY === true && process.stdin.isTTY
}

/** Throws UserError unless the command is interactive; `instead` says what to type in a script. */
export function requireTerminal(name: string, io: Pick<Io, 'stdout'>, instead: string): void {
  if (isInteractive(io)) return
  throw new UserError(`${name} needs an interactive terminal.`, instead)
}
