#!/usr/bin/env node
/**
 * Writes dist/sbom.cdx.json: a CycloneDX list of the packages whose code is in dist/, with the
 * hashes of package-lock.json, as `npm sbom` gives them. THIRD-PARTY-NOTICES.md, which the build
 * writes, names these packages; one that is not in the lock file fails.
 */
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const file = process.argv[2] ?? join(root, 'dist/sbom.cdx.json')

const notices = await readFile(join(root, 'THIRD-PARTY-NOTICES.md'), 'utf8')
const bundled = [...notices.matchAll(/^## (\S+) (\S+) \((.+)\)$/gm)].map(
  ([, name, version, licence]) => ({ name, version, licence }),
)
const all = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    shell: process.platform === 'win32',
  }),
)

const components = [
  ...bundled.map(({ name, version, licence }) =>
    licence.includes('model data') ? data(name, version) : locked(name, version),
  ),
  await sqliteItself(),
]
const refs = components.map((component) => component['bom-ref'])
const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
const itself = `${name}@${version}`
const sbom = {
  ...all,
  metadata: {
    ...all.metadata,
    component: { ...all.metadata.component, type: 'application', name, 'bom-ref': itself },
  },
  components,
  dependencies: [{ ref: itself, dependsOn: refs }, ...refs.map((ref) => ({ ref, dependsOn: [] }))],
}
await mkdir(dirname(file), { recursive: true })
await writeFile(file, `${JSON.stringify(sbom, null, 2)}\n`)
process.stdout.write(`${file}: ${components.length} components\n`)

/** A package from the lock file, where it is a development dependency, as a part of ccr. */
function locked(name, version) {
  const found = all.components.find(
    (one) => one['bom-ref'] === `${name}@${version}` || one.purl === purl(name, version),
  )
  if (!found) throw new Error(`${name} ${version} is bundled, but not in package-lock.json`)
  const properties = found.properties.filter(({ name: key }) => !/:(path|development)$/.test(key))
  return { ...found, scope: 'required', properties }
}

/** The catalogue of models (src/providers/catalogue/catalogue.json), which is not an installed package. */
function data(name, version) {
  const licenses = [{ license: { id: 'MIT' } }]
  return { 'bom-ref': `${name}@${version}`, type: 'data', name, version, licenses }
}

/** The C library that is compiled into the native builds of @photostructure/sqlite. */
async function sqliteItself() {
  const header = join(root, 'node_modules/@photostructure/sqlite/src/upstream/sqlite3.h')
  const [, version] = /^#define SQLITE_VERSION\s+"(.+)"/m.exec(await readFile(header, 'utf8')) ?? []
  if (!version) throw new Error(`no version of SQLite in ${header}`)
  const cpe = `cpe:2.3:a:sqlite:sqlite:${version}:*:*:*:*:*:*:*`
  const licenses = [{ license: { id: 'blessing' } }]
  return { 'bom-ref': `sqlite@${version}`, type: 'library', name: 'sqlite', version, cpe, licenses }
}

function purl(name, version) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`
}
