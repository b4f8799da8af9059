import { UserError } from '../../lib/user-error.ts'
import type { Io } from '../command.ts'

/** True when somebody sits there who can answer: both directions are a terminal. */
export function isInteractive({ stdout }: Pick<Io, 'stdout'>): boolean {
  return stdout.isTTY === true && process.stdin.isTTY
}

/** Throws UserError when nobody can answer; `instead` says what to type in a script. */
export function requireTerminal(name: string, io: Pick<Io, 'stdout'>, instead: string): void {
  if (isInteractive(io)) return
  throw new UserError(`${name} needs a terminal, and this is none.`, instead)
}
