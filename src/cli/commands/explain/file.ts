/** `ccr explain FILE`. */
import type { Config } from '../../../config/config.ts'
import { isDemoProvider } from '../../../config/demo.ts'
import { readSetup } from '../../../session/setup.ts'
import { explain, type Explanation, type Sample } from '../../../gateway/explain.ts'
import { type Logger, silent } from '../../../lib/log.ts'
import { UserError } from '../../../lib/user-error.ts'
import { daemonEnvironment } from '../../../session/environment.ts'
import { sessionModelAlias, type SessionRef } from '../../../session/identity.ts'
import type { Io } from '../../command.ts'

export interface Files {
  readonly file: string
  readonly headersFile: string | undefined
  /** Throws UserError. */
  readonly read: (file: string) => string
}

/** Explains the request in a file with the current config of the session. Throws UserError. */
export async function explainFile(files: Files, ref: SessionRef, io: Io): Promise<Explanation> {
  const sample = sampleOf(files)
  const env = daemonEnvironment(ref, io.env)
  const { config } = readSetup(ref, env)
  const session = { id: ref.id, preference: ref.preference, alias: sessionModelAlias(ref.id) }
  try {
    return await explain(sample, { config: withDemo(config), session, log: stderrLogger(io), env })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UserError(
      `${files.file} is not a request: ${why}`,
      'Expected the JSON body of a POST to /v1/messages.',
      cause,
    )
  }
}

function sampleOf({ file, headersFile, read }: Files): Sample {
  const text = read(file)
  const value = objectIn(file, text)
  const headers =
    headersFile === undefined ? value['headers'] : bareHeaders(headersFile, read(headersFile))
  const { body } = value
  const whole = typeof body === 'object' && body !== null && value['messages'] === undefined
  return { body: whole ? JSON.stringify(body) : text, headers: headersOf(headers) }
}

/** The headers in a file, which may be in a field `headers` beside the method and the path. */
function bareHeaders(file: string, text: string): unknown {
  const value = objectIn(file, text)
  return typeof value['headers'] === 'object' ? value['headers'] : value
}

function objectIn(file: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Reported below.
  }
  throw new UserError(`${file} is not a JSON object.`, 'Expected a request or its headers as JSON.')
}

function headersOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  const headers = Object.entries(value).map(([name, text]) => [name.toLowerCase(), String(text)])
  return Object.fromEntries(headers) as Record<string, string>
}

/** Gives the demo provider a URL; in a session, the daemon serves it on a temporary port. */
function withDemo(config: Config): Config {
  const url = 'http://127.0.0.1/v1/chat/completions'
  const providers = config.providers.map((provider) =>
    isDemoProvider(provider) ? { ...provider, url } : provider,
  )
  return { ...config, providers }
}

/** A log for the user's own code, which writes warnings and errors to stderr. */
function stderrLogger({ stderr }: Io): Logger {
  const write = (_: object, message: string): void => void stderr.write(`ccr: ${message}\n`)
  return { ...silent, warn: write, error: write }
}
