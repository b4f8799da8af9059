/** What servers answered on this machine, kept as fixtures: recordings/SERVER.json. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { scrubbed } from '../live/scrub.ts'
import { cacheFolder } from './install.ts'
import type { Call } from './relay.ts'

const FOLDER = join(import.meta.dirname, 'recordings')

/** The answers of one server, recorded by `npm run test:real -- --record`. */
export interface Recording {
  readonly server: string
  readonly version: string
  /** The day: `2026-11-30`. */
  readonly date: string
  readonly model: string
  readonly answers: readonly RecordedAnswer[]
}

export interface RecordedAnswer {
  /** `chat`, `messages`, `responses`. */
  readonly way: string
  /** The check whose request was answered. */
  readonly check: string
  readonly status: number
  readonly type: string
  readonly body: string
}

/** Longest answer that is kept, characters: the shape is what matters. */
const LONGEST = 20_000

/**
 * An answer of the model, as it is kept; undefined for what is too long or did not end.
 * @throws Error if a folder of this machine is in it in a form that cannot be removed.
 */
export function recordedAnswer(way: string, check: string, call: Call): RecordedAnswer | undefined {
  if (call.end !== 'ended' || call.answer.length > LONGEST) return undefined
  const body = scrubbed(withoutPaths(call.answer), FOLDERS)
  return { way, check, status: call.status, type: call.type, body }
}

/** Folders of this machine, wherever it has them. */
const FOLDERS = [process.cwd(), cacheFolder(''), homedir(), tmpdir()].filter(
  (folder) => folder.length > 1,
)

const PATHS = new RegExp(
  `(?:${FOLDERS.map(literally).join('|')}|/(?:root|home|tmp|Users)/)[^\\s"\\\\]*`,
  'g',
)

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** Paths of this machine, which some servers put into answers. */
function withoutPaths(text: string): string {
  return text.replace(PATHS, '/removed')
}

export async function writeRecording(recording: Recording): Promise<void> {
  await mkdir(FOLDER, { recursive: true })
  const file = join(FOLDER, `${recording.server}.json`)
  await writeFile(file, `${JSON.stringify(recording, null, 2)}\n`)
}

/** All recordings of the repository. */
export async function readRecordings(): Promise<readonly Recording[]> {
  const all = await readdir(FOLDER).catch(() => [])
  const files = all.filter((name) => name.endsWith('.json')).sort()
  return Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(FOLDER, name), 'utf8')) as Recording),
  )
}
