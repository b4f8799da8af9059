/** Programs that lie in the folder where ccr runs, as in a repository of a stranger. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Home, WINDOWS, windowsHome } from './harness.ts'

/** What ccr starts by name. Files with these names that are no programs show when they are started. */
const NAMES = ['git', 'powershell', 'taskkill', 'cmd', 'claude']

let home: Home
beforeAll(async () => {
  home = await windowsHome({ Providers: [{ name: 'demo' }], Router: { default: 'demo,demo-a' } })
})
afterAll(() => home.remove())

describe('programs of the folder', WINDOWS, () => {
  it('are not started in place of those of the system', async () => {
    const command = ['compare', 'list']
    const before = await home.run(command)
    for (const name of NAMES) await writeFile(join(home.work, `${name}.exe`), 'no program')
    expect(await home.run(command)).toEqual(before)
    await home.succeed(['start'])
  })
})
