/** A logger that records its lines. */
import type { Logger } from '../../src/lib/log.ts'

export interface RecordedLog extends Logger {
  /** `level text`, in order. */
  readonly lines: readonly string[]
  readonly fields: readonly object[]
}

export function recordingLog(): RecordedLog {
  const lines: string[] = []
  const fields: object[] = []
  const record = (level: string) => (what: object, text: string) => {
    fields.push(what)
    lines.push(`${level} ${text}`)
  }
  const [debug, info, warn, error] = ['debug', 'info', 'warn', 'error'].map(record)
  return { debug: debug!, info: info!, warn: warn!, error: error!, lines, fields }
}
