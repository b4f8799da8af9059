/** A logger that keeps what it hears. */
import type { Logger } from '../../src/lib/log.ts'

export interface HeardLog extends Logger {
  /** `level text`, in order. */
  readonly lines: readonly string[]
  readonly fields: readonly object[]
}

export function hearingLog(): HeardLog {
  const lines: string[] = []
  const fields: object[] = []
  const hear = (level: string) => (what: object, text: string) => {
    fields.push(what)
    lines.push(`${level} ${text}`)
  }
  const [debug, info, warn, error] = ['debug', 'info', 'warn', 'error'].map(hear)
  return { debug: debug!, info: info!, warn: warn!, error: error!, lines, fields }
}
