/** The version of the installed claude: asked once, and remembered in the home until the program changes. */
import { execFile } from 'node:child_process'
import { realpathSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { Env } from '../../lib/env.ts'
import { makePrivateFolder, readText, replaceFile } from '../../lib/files.ts'
import { asObject, isObject, parseObject } from '../../lib/json.ts'
import { within } from '../../lib/within.ts'
import type { Executable } from './find.ts'

/** How long `claude --version` may take; it takes 0.3 s. */
const LIMIT_MS = 5_000
/** For how long it counts that claude gave no version: it may have been busy. */
const UNKNOWN_FOR_MS = 60 * 60_000
/** Programs that are remembered; the one asked last stays. */
const MOST_REMEMBERED = 20

interface Remembered {
  readonly size: number
  /** When the file changed, ms. */
  readonly changed: number
  /** `2.1.330`; '' if claude gave none. */
  readonly version: string
  /** When claude was asked, ms. */
  readonly asked: number
}

export interface VersionQuestion {
  readonly home: string
  readonly env: Env
  /** Asks even if the answer is remembered. */
  readonly anew?: boolean
  readonly limitMs?: number
  /** Now, ms. */
  readonly now?: number
}

/** The version of the program, such as `2.1.330`; undefined if it gives none within the time limit. Never throws. */
export async function clientVersion(
  claude: Executable,
  question: VersionQuestion,
): Promise<string | undefined> {
  const { home, env, anew = false, limitMs = LIMIT_MS, now = Date.now() } = question
  const identity = identityOf(claude)
  if (identity === undefined) return undefined
  const { path, size, changed } = identity
  const known = anew ? undefined : remembered(home)[path]
  if (known && known.size === size && known.changed === changed && stillCounts(known, now)) {
    return known.version || undefined
  }
  const version = versionIn(await askVersion(claude, env, limitMs))
  remember(home, path, { size, changed, version: version ?? '', asked: now })
  return version
}

/** Whether a version is at least another; undefined, or what is none, is not. */
export function isAtLeast(version: string | undefined, least: string): boolean {
  const [one, other] = [version ?? '', least].map((text) => text.split('.').map(Number))
  if (one?.length !== 3 || one.some(Number.isNaN)) return false
  const difference = one.map((part, at) => part - (other?.[at] ?? 0)).find((part) => part !== 0)
  return (difference ?? 0) >= 0
}

/** What `claude --version` prints; undefined if it fails or takes too long. */
export async function askVersion(
  { file, args }: Executable,
  env: Env,
  limitMs: number,
): Promise<string | undefined> {
  const stop = new AbortController()
  const printed = new Promise<string | undefined>((resolve) => {
    const options = { env: { ...env }, windowsHide: true, killSignal: 'SIGKILL' as const }
    const more = { signal: stop.signal, maxBuffer: 64 * 1024, encoding: 'utf8' as const }
    const child = execFile(file, [...args, '--version'], { ...options, ...more }, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    )
    child.stdin?.on('error', () => undefined).end()
    // A process that the program leaves behind may keep the streams open.
    stop.signal.addEventListener('abort', () => {
      child.stdout?.destroy()
      child.stderr?.destroy()
      child.unref()
    })
  })
  const text = await within(printed, limitMs).catch(() => undefined)
  stop.abort()
  return text
}

/** `2.1.330` of `2.1.330 (Claude Code)`; undefined for anything else. */
function versionIn(text: string | undefined): string | undefined {
  return /^\s*(\d{1,6}\.\d{1,6}\.\d{1,6})\b[^\n]*\(Claude Code\)/.exec(text ?? '')?.[1]
}

/** The file that the version belongs to: the script, where Node runs one. */
function identityOf({ file, args }: Executable) {
  for (const candidate of [...args.filter((arg) => isAbsolute(arg)).reverse(), file]) {
    try {
      const path = realpathSync(candidate)
      const found = statSync(path)
      if (found.isFile()) return { path, size: found.size, changed: found.mtimeMs }
    } catch {
      // an argument that is no file
    }
  }
  return undefined
}

function stillCounts({ version, asked }: Remembered, now: number): boolean {
  return version !== '' || Math.abs(now - asked) < UNKNOWN_FOR_MS
}

const fileOf = (home: string): string => join(home, 'claude-versions.json')

/** What is remembered, by path; what is damaged counts for nothing. */
function remembered(home: string): Readonly<Record<string, Remembered>> {
  let text: string | null = null
  try {
    text = readText(fileOf(home))
  } catch {
    // asked again
  }
  const entries = Object.entries(asObject(parseObject(text ?? '')['versions']))
  return Object.fromEntries(
    entries.filter((entry): entry is [string, Remembered] => isRemembered(entry[1])),
  )
}

function isRemembered(value: unknown): value is Remembered {
  if (!isObject(value)) return false
  const { size, changed, version, asked } = value
  return (
    [size, changed, asked].every(Number.isFinite) &&
    typeof version === 'string' &&
    /^(\d{1,6}\.\d{1,6}\.\d{1,6})?$/.test(version)
  )
}

/** Two processes at once may each forget what the other writes: then claude is asked once more. */
function remember(home: string, path: string, entry: Remembered): void {
  const others = Object.entries(remembered(home)).filter(([other]) => other !== path)
  const recent = others.sort(([, a], [, b]) => b.asked - a.asked).slice(0, MOST_REMEMBERED - 1)
  try {
    makePrivateFolder(home)
    const versions = Object.fromEntries([[path, entry], ...recent])
    replaceFile(fileOf(home), `${JSON.stringify({ versions }, null, 2)}\n`)
  } catch {
    // asked again
  }
}
