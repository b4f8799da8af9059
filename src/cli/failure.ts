import { systemFault } from '../lib/file-fault.ts'
import type { Io } from './command.ts'

/**
 * Tells the user on stderr what went wrong and what to do next; gives the exit code: the
 * error's own (2 for a wrong command line, 127 without claude), else 1. A bug shows one line, with CCR_DEBUG=1 its stack as well.
 */
export function reportFailure(thrown: unknown, io: Pick<Io, 'env' | 'stderr'>): number {
  const found = thrown instanceof Error ? thrown : new Error(String(thrown))
  const error = 'hint' in found ? found : (systemFault(found) ?? found)
  io.stderr.write(`ccr: ${error.message}\n`)
  const hint = hintOf(error)
  if (hint !== '') io.stderr.write(`${hint}\n`)
  if (!foreseen(error)) {
    io.stderr.write('This is a bug in ccr. CCR_DEBUG=1 shows where it happened.\n')
  }
  if (io.env['CCR_DEBUG'] === '1') io.stderr.write(`${stackOf(error)}\n`)
  return 'exitCode' in error && typeof error.exitCode === 'number' ? error.exitCode : 1
}

/** Errors that name a next step carry it as `hint`, whichever layer they come from. */
function hintOf(error: Error): string {
  return 'hint' in error && typeof error.hint === 'string' ? error.hint : ''
}

/** True for errors made for the user (a hint), for the gateway's own, and for the system's. */
function foreseen(error: Error): boolean {
  return 'hint' in error || error.name === 'GatewayError' || 'syscall' in error
}

function stackOf(error: Error): string {
  const cause = error.cause === undefined ? '' : `\ncaused by: ${describe(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}

function describe(cause: unknown): string {
  return cause instanceof Error ? stackOf(cause) : String(cause)
}
