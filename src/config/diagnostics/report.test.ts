import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../../test/support/folder.ts'
import { reportOn } from './report.ts'

const folder = testFolder()

const PROVIDER = '{ "name": "p", "api_base_url": "https://p.test/v1", "models": ["m"] }'

describe('the report on a config', () => {
  it('has the config where nothing is wrong', () => {
    const file = folder.write('right.json', `{ "Providers": [${PROVIDER}] }`)
    expect(reportOn(file, {})).toEqual({
      file,
      exists: true,
      config: expect.objectContaining({ file, providers: [expect.anything()] }) as unknown,
      errors: [],
      warnings: [],
      hint: '',
    })
  })

  it('names the place of each warning, and which of them is a mistake', () => {
    const text = `{\n  "Providers": [${PROVIDER}],\n${'\n'.repeat(9)}  "frob": 1, "Provders": []\n}`
    const { warnings, errors, config } = reportOn(folder.write('odd.json', text), {})
    expect([errors, config?.mistakes.length]).toEqual([[], 1])
    expect(warnings).toEqual([
      { line: 12, column: 3, message: 'frob is not a key ccr knows; it is ignored' },
      {
        line: 12,
        column: 14,
        message: 'Provders is not a key ccr knows; it is ignored; did you mean Providers?',
        isMistake: true,
      },
    ])
  })

  it('names the place of each error, with a hint and without a config', () => {
    const file = folder.write('wrong.json', '{\n  "PORT": "x",\n  "LOG": "perhaps"\n}')
    expect(reportOn(file, {})).toEqual({
      file,
      exists: true,
      config: null,
      errors: [
        { line: 2, column: 11, message: 'PORT is "x"; expected a port from 1 to 65535' },
        { line: 3, column: 10, message: 'LOG is "perhaps"; expected true or false' },
      ],
      warnings: [],
      hint: `Correct line 2 and 1 other place in ${file}.`,
    })
  })

  it('has the lines that show a place with the error that they belong to', () => {
    const { errors } = reportOn(folder.write('broken.json', '{\n  "PORT": ,\n}'), {})
    expect(errors).toEqual([
      {
        line: 2,
        column: 11,
        message: `unexpected ','; expected a value\n  2 |   "PORT": ,\n                ^`,
      },
    ])
  })

  it('has no place where the file as a whole is meant', () => {
    const file = join(folder.path, 'absent.json')
    const report = reportOn(file, {})
    expect(report).toMatchObject({ file, exists: false, config: null, warnings: [] })
    expect(report.errors).toEqual([
      { line: null, column: null, message: `there is no config at ${file}` },
    ])
    expect(report.hint).toContain('ccr init')
    const message = `${folder.path}: this is a directory; expected a config file`
    expect(reportOn(folder.path, {})).toMatchObject({
      exists: true,
      errors: [{ line: null, column: null, message }],
    })
  })

  it('is not made of a fault that is none of the config', () => {
    const file = folder.write('right.json', '{ "LOG_LEVEL": "$LEVEL" }')
    const env = {
      get LEVEL(): string {
        throw new TypeError('a fault of the program')
      },
    }
    expect(() => reportOn(file, env)).toThrow(TypeError)
  })
})
