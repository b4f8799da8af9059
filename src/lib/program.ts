/** Which file the name of a program means. */
import { win32 } from 'node:path'
import type { Env } from './env.ts'
import { isFile } from './files.ts'

/** Where programs are looked for. */
interface Machine {
  readonly platform: NodeJS.Platform
  readonly env: Env
  readonly isFile: (path: string) => boolean
}

const thisMachine: Machine = {
  platform: process.platform,
  env: process.env,
  isFile,
}

/** `C:\…` or `\\server\…`: what does not depend on the current folder. */
const WHOLE_PATH = /^(?:[a-z]:[\\/]|\\\\)/i

/**
 * What to give to `spawn` for a program on PATH. Elsewhere than on Windows it is the name itself. On
 * Windows `spawn` takes a program in the folder where it is to run before one on PATH (libuv,
 * src/win/process.c: search_path), so a `git.exe` that lies in a repository would run in place of git.
 * Where PATH has none it is a path in Windows' folder, at which `spawn` fails with ENOENT.
 */
export function programFile(name: string, machine: Machine = thisMachine): string {
  const { platform, env, isFile } = machine
  if (platform !== 'win32') return name
  const file = /\.(?:exe|com)$/i.test(name) ? name : `${name}.exe`
  const listed = (env['PATH'] ?? env['Path'] ?? '').split(';')
  const folders = listed.map((folder) => folder.replaceAll('"', '')).filter(isWhole)
  const inWindows = win32.join(env['SystemRoot'] ?? 'C:\\Windows', 'System32', file)
  return folders.map((folder) => win32.join(folder, file)).find(isFile) ?? inWindows
}

/**
 * The environment in which cmd, too, takes no program of the current folder unless its path is given, as
 * a POSIX shell does.
 * https://learn.microsoft.com/windows/win32/api/processenv/nf-processenv-needcurrentdirectoryforexepathw
 */
export const NOT_OF_FOLDER = { NoDefaultCurrentDirectoryInExePath: '1' } as const

function isWhole(path: string): boolean {
  return WHOLE_PATH.test(path)
}
