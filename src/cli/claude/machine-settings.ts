/** The managed settings of the machine: an administrator's files, which the client reads by itself. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Where the client looks, by system: https://code.claude.com/docs/en/settings. `ProgramData` is the
 * folder of earlier versions.
 */
const FOLDERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['/Library/Application Support/ClaudeCode'],
  win32: ['C:\\Program Files\\ClaudeCode', 'C:\\ProgramData\\ClaudeCode'],
}
const ELSEWHERE = ['/etc/claude-code']

/** The folders of the managed settings of this machine. */
export function machineFolders(platform: NodeJS.Platform = process.platform): readonly string[] {
  return FOLDERS[platform] ?? ELSEWHERE
}

/** The files with managed settings in these folders: `managed-settings.json` and those in `managed-settings.d`. */
export function machineSettings(folders: readonly string[] = machineFolders()): string[] {
  return folders.flatMap((folder) => {
    const pieces = join(folder, 'managed-settings.d')
    return [
      join(folder, 'managed-settings.json'),
      ...names(pieces).map((name) => join(pieces, name)),
    ].filter(isThere)
  })
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json') && !name.startsWith('.'))
  } catch {
    return [] // there is none, or claude cannot read it either
  }
}

/** True also for a file that cannot be examined. */
function isThere(file: string): boolean {
  try {
    return !statSync(file).isDirectory()
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    return code !== 'ENOENT' && code !== 'ENOTDIR'
  }
}
