/** session.json: what a session remembers between daemons. */
import { parseObject } from '../lib/json.ts'
import { readdirSync } from 'node:fs'
import { fileFault } from '../lib/file-fault.ts'
import { makePrivateFolder, readText, replaceFile } from '../lib/files.ts'
import { withLock } from '../lib/lock.ts'
import { errorCode, UserError } from '../lib/user-error.ts'
import { sessionFolder, sessionId, type SessionRef, sessionsFolder } from './identity.ts'
import { recordFile, REGISTRY_LOCK } from './paths.ts'

export interface SessionRecord {
  readonly id: string
  readonly preference: string
  /** The provider and model of the preference; null when it names none that is configured. */
  readonly provider: string | null
  readonly model: string | null
  /** The address that clients connect to. */
  readonly host: string
  /** Remembered over stops and crashes; null before the first start. */
  readonly port: number | null
  readonly pid: number | null
  /** When that process started (see lib/process.ts), to tell it from a later one with its pid. */
  readonly processStart: string | null
  /** The secret shared by the session's daemons and its clients; '' before the first start. */
  readonly token: string
  /** What the user last asked for: a client revives a crashed session only while `running`. */
  readonly desired: 'running' | 'stopped'
  /** ISO 8601. */
  readonly startedAt: string | null
  /** The version of ccr that wrote this. */
  readonly version: string
  readonly configFile: string
  /** True when the config file was given by --config or CCR_CONFIG; in the file, this is `ownConfig`. */
  readonly isCustomConfig: boolean
  /** True when the preference is no configured model, so that requests go where Router says. */
  readonly fallsBack: boolean
  /** True when the daemon belongs to a `ccr start --foreground`, which waits for its end. */
  readonly foreground: boolean
  /** True when the daemon was started by a client in the place of such a one that crashed. */
  readonly standIn: boolean
}

/** How the file names `isCustomConfig`; other versions of ccr read and write that key. */
const CUSTOM_CONFIG_KEY = 'ownConfig'

/** The record as it is written to the file, with its keys in the same order. */
function fileForm(record: SessionRecord): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [
      key === 'isCustomConfig' ? CUSTOM_CONFIG_KEY : key,
      value,
    ]),
  )
}

/** The record of a session that was never started. */
export function blankRecord(ref: SessionRef): SessionRecord {
  return {
    id: ref.id,
    preference: ref.preference,
    provider: null,
    model: null,
    host: '127.0.0.1',
    port: null,
    pid: null,
    processStart: null,
    token: '',
    desired: 'stopped',
    startedAt: null,
    version: '',
    configFile: ref.configFile,
    isCustomConfig: ref.isCustomConfig,
    fallsBack: false,
    foreground: false,
    standIn: false,
  }
}

/**
 * The record of a session; a blank one when there is none or it is damaged. Throws UserError when
 * the folder belongs to another preference (two with the same 8 digits).
 */
export function readRecord(ref: SessionRef): SessionRecord {
  const record = parseRecord(readText(recordFile(ref)), blankRecord(ref))
  if (record.preference !== ref.preference) {
    throw new UserError(
      `session ${ref.id} belongs to the preference ${JSON.stringify(record.preference)}: both have the same id.`,
      'Write this preference in another way, e.g. with a slash in place of the comma.',
    )
  }
  return record
}

/** Changes the record on disk, alone in this home folder; gives the new one. */
export function updateRecord(
  ref: SessionRef,
  change: Partial<SessionRecord>,
): Promise<SessionRecord> {
  return withLock(ref.home, REGISTRY_LOCK, () => writeRecord(ref, change))
}

/** The same for a caller that holds the registry lock. */
export function writeRecord(ref: SessionRef, change: Partial<SessionRecord>): SessionRecord {
  const record = { ...readRecord(ref), ...change }
  makePrivateFolder(ref.dir)
  replaceFile(recordFile(ref), `${JSON.stringify(fileForm(record), null, 2)}\n`)
  return record
}

/** Every session that has a readable record in this home folder. */
export function knownSessions(home: string): { ref: SessionRef; record: SessionRecord }[] {
  return folders(home).flatMap((id) => {
    try {
      const ref = refOfFolder(home, id)
      const record = ref && parseRecord(readText(recordFile(ref)), blankRecord(ref))
      return record ? [{ ref, record }] : []
    } catch {
      return [] // one session that cannot be read is no reason to lose the others
    }
  })
}

/** The ids of session folders without a usable record: it was removed or damaged. */
export function unknownFolders(home: string): string[] {
  return folders(home).filter((id) => {
    try {
      return refOfFolder(home, id) === null
    } catch {
      return true
    }
  })
}

/** What keeps sessions of this home from being known: files of another user's, above all. */
export function sessionFaults(home: string): UserError[] {
  try {
    return names(home).flatMap((id) => faultsOf({ home, id }))
  } catch (thrown) {
    return [asFault(thrown)]
  }
}

/** The same of one session; none for one that was never started. */
export function faultsOf({ home, id }: Pick<SessionRef, 'home' | 'id'>): UserError[] {
  try {
    names(home)
    refOfFolder(home, id)
    return []
  } catch (thrown) {
    return [asFault(thrown)]
  }
}

function asFault(thrown: unknown): UserError {
  if (thrown instanceof UserError) return thrown
  throw thrown
}

/** None in a home that cannot be read: `sessionFaults` tells of that. */
function folders(home: string): string[] {
  try {
    return names(home)
  } catch {
    return []
  }
}

function names(home: string): string[] {
  const folder = sessionsFolder(home)
  try {
    return readdirSync(folder).sort()
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return []
    throw fileFault('read', folder, thrown)
  }
}

/** The session of a folder, by what its record says of itself; null when it says nothing usable. */
function refOfFolder(home: string, id: string): SessionRef | null {
  const dir = sessionFolder(home, id)
  const found = parseObject(readText(recordFile({ dir })) ?? '')
  const { preference, configFile } = found
  if (typeof preference !== 'string' || typeof configFile !== 'string') return null
  const isCustomConfig = found[CUSTOM_CONFIG_KEY] === true
  if (sessionId(preference, isCustomConfig ? configFile : undefined) !== id) return null
  return { id, preference, home, dir, configFile, isCustomConfig }
}

/** Fields of the wrong type count as unknown: the file may be damaged or of another version. */
function parseRecord(text: string | null, blank: SessionRecord): SessionRecord {
  const found = parseObject(text ?? '')
  const string = (key: keyof SessionRecord, otherwise: string): string => {
    const value = found[key]
    return typeof value === 'string' ? value : otherwise
  }
  const stringOrNull = (key: keyof SessionRecord): string | null => {
    const value = found[key]
    return typeof value === 'string' ? value : null
  }
  return {
    id: blank.id,
    preference: string('preference', blank.preference),
    provider: stringOrNull('provider'),
    model: stringOrNull('model'),
    host: string('host', blank.host),
    port: wholeNumber(found['port'], 65_535),
    pid: wholeNumber(found['pid'], Number.MAX_SAFE_INTEGER),
    processStart: stringOrNull('processStart'),
    token: string('token', ''),
    desired: found['desired'] === 'running' ? 'running' : 'stopped',
    startedAt: stringOrNull('startedAt'),
    version: string('version', ''),
    configFile: string('configFile', blank.configFile),
    isCustomConfig: blank.isCustomConfig, // as the session's id says
    fallsBack: found['fallsBack'] === true,
    foreground: found['foreground'] === true,
    standIn: found['standIn'] === true,
  }
}

function wholeNumber(value: unknown, most: number): number | null {
  const usable = typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= most
  return usable ? value : null
}
