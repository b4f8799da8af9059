/** Writes the files of `ccr init`. */
/** Writes the files of `ccr init`. */
import { linkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { configJsonSchema } from '../../../config/schema/json-schema.ts'
import { makePrivateFolder, readOrCreate, replaceFile } from '../../../lib/files.ts'
import { errorCode } from '../../../lib/user-error.ts'

/**
 * Writes a new config. Returns the backup of the former config, '' if there was none, or null, with
 * nothing written, if there is one that must not be replaced. Throws UserError.
 */
export function writeConfig(file: string, text: string, replace: boolean): string | null {
  makePrivateFolder(dirname(file))
  const backup = replace ? keep(file) : ''
  if (backup !== '') replaceFile(file, text)
  else if (readOrCreate(file, () => text) !== text) return null
  return backup
}

/** Writes the schema that `$schema` refers to, beside the config. Throws UserError. */
export function writeSchema(configFile: string): void {
  const text = `${JSON.stringify(configJsonSchema(), null, 2)}\n`
  replaceFile(join(dirname(configFile), 'config.schema.json'), text)
}

/** Links the file under a free name: `.bak`, `.bak2`, …; '' if there is no file. */
function keep(file: string): string {
  for (let n = 1; ; n += 1) {
    const backup = `${file}.bak${n === 1 ? '' : String(n)}`
    try {
      linkSync(file, backup)
      return backup
    } catch (thrown) {
      if (errorCode(thrown) === 'ENOENT') return ''
      if (errorCode(thrown) !== 'EEXIST') throw thrown
    }
  }
}
