/** The list of what is in the package, as `npm run sbom` writes it. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { testFolder } from '../support/folder.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

const folder = testFolder()

interface Sbom {
  readonly bomFormat: string
  readonly metadata: { readonly component: { readonly name: string } }
  readonly components: readonly {
    readonly name: string
    readonly version: string
    readonly hashes?: unknown
  }[]
}

it('names each package whose code is in dist/, with the hash that the lock file has of it', () => {
  const file = join(folder.path, 'sbom.json')
  execFileSync(process.execPath, ['scripts/sbom.mjs', file], { cwd: root })
  const { bomFormat, metadata, components } = JSON.parse(readFileSync(file, 'utf8')) as Sbom
  expect([bomFormat, metadata.component.name]).toEqual(['CycloneDX', 'ccrouter'])
  const notices = readFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), 'utf8')
  const bundled = [...notices.matchAll(/^## (\S+ \S+) /gm)].map((match) => match[1])
  const listed = components.map(({ name, version }) => `${name} ${version}`)
  expect(listed.filter((one) => !one.startsWith('sqlite '))).toEqual(bundled)
  const unhashed = components.filter(({ hashes }) => hashes === undefined).map(({ name }) => name)
  expect(unhashed).toEqual(['@earendil-works/pi-ai', 'sqlite']) // data; a part of the driver
})
