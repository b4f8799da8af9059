/** The pinned packages of the suite: files of pip with a version and hashes for each, in servers/requirements/. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Requirements {
  readonly file: string
  readonly text: string
  /** The pinned version of a package. */
  version(name: string): string
}

/** Reads `servers/requirements/NAME.txt`. */
export function requirements(name: string): Requirements {
  const file = join(import.meta.dirname, 'servers', 'requirements', `${name}.txt`)
  const text = readFileSync(file, 'utf8')
  const versions = new Map(
    [...text.matchAll(/^([\w.[\]-]+)==([^\s\\]+)/gm)].map(([, pinned = '', version = '']) => [
      pinned,
      version,
    ]),
  )
  return {
    file,
    text,
    version(wanted) {
      const version = versions.get(wanted)
      if (version === undefined) throw new Error(`${wanted} is not pinned in ${file}`)
      return version
    },
  }
}
