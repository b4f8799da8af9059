/** Reports the failure of a command. */
/** Reports the failure of a command. */
import { systemFault } from '../lib/file-fault.ts'
import type { Io } from './command.ts'

/**
 * Writes to stderr what went wrong and what to do next. Returns the exit code of the error (2 for a
 * wrong command line, 127 without claude), otherwise 1. A bug is shown on one line, and with
 * CCR_DEBUG=1 with its stack.
 */
export function reportFailure(thrown: unknown, io: Pick<Io, 'env' | 'stderr'>): number {
  const found = thrown instanceof Error ? thrown : new Error(String(thrown))
  const error = 'hint' in found ? found : (systemFault(found) ?? found)
  io.stderr.write(`ccr: ${error.message}\n`)
  const hint = hintOf(error)
  if (hint !== '') io.stderr.write(`${hint}\n`)
  if (!isExpected(error)) {
    io.stderr.write('This is a bug in ccr. CCR_DEBUG=1 shows where it happened.\n')
  }
  if (io.env['CCR_DEBUG'] === '1') io.stderr.write(`${stackOf(error)}\n`)
  return 'exitCode' in error && typeof error.exitCode === 'number' ? error.exitCode : 1
}

/** The next step, which errors of any layer carry as `hint`; '' if there is none. */
function hintOf(error: Error): string {
  return 'hint' in error && typeof error.hint === 'string' ? error.hint : ''
}

/** Whether the error is expected: it has a hint, or comes from the gateway or the system. */
function isExpected(error: Error): boolean {
  return 'hint' in error || error.name === 'GatewayError' || 'syscall' in error
}

function stackOf(error: Error): string {
  const cause = error.cause === undefined ? '' : `\ncaused by: ${describe(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}

function describe(cause: unknown): string {
  return cause instanceof Error ? stackOf(cause) : String(cause)
}
