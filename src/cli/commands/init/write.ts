import { linkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { configJsonSchema } from '../../../config/schema/json-schema.ts'
import { makePrivateFolder, readOrCreate, replaceFile } from '../../../lib/files.ts'
import { errorCode } from '../../../lib/user-error.ts'

/**
 * Writes a new config. Gives where the config that stood there is kept, '' when there was none,
 * and null, with nothing written, when there was one and it must not be replaced. Throws UserError.
 */
export function writeConfig(file: string, text: string, replace: boolean): string | null {
  makePrivateFolder(dirname(file))
  const backup = replace ? keep(file) : ''
  if (backup !== '') replaceFile(file, text)
  else if (readOrCreate(file, () => text) !== text) return null
  return backup
}

/** Writes the schema that the `$schema` of a config names, beside it. Throws UserError. */
export function writeSchema(configFile: string): void {
  const text = `${JSON.stringify(configJsonSchema(), null, 2)}\n`
  replaceFile(join(dirname(configFile), 'config.schema.json'), text)
}

/** A second name for the file, one that is free: `.bak`, `.bak2`, …; '' when there is no file. */
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
