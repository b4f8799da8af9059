#!/usr/bin/env node
/**
 * Fails with a list of everything that is missing if this checkout cannot be released:
 * `npm run release:check -- [vVERSION]`, with the tag that the release is to have. The release
 * workflow runs it first. Works on the current folder, so that tests can run it on a folder they made.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const { name, version } = manifest
const tag = process.argv[2] || `v${version}`
const missing = []

for (const field of ['description', 'license', 'keywords', 'repository', 'bugs', 'homepage']) {
  if (!isFilled(manifest[field])) missing.push(`package.json has no "${field}"`)
}

// npm signs the origin of a package, and refuses a package that names another one.
const { GITHUB_REPOSITORY: running } = process.env
const source = JSON.stringify(manifest.repository ?? '').toLowerCase()
if (running && isFilled(manifest.repository) && !source.includes(`/${running.toLowerCase()}`)) {
  missing.push(`"repository" of package.json does not lead to ${running}, where this runs`)
}

if (tag !== `v${version}`)
  missing.push(`the tag ${tag} is not the version of package.json, ${version}`)
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
if (lock.version !== version) {
  missing.push(`package-lock.json has the version ${lock.version}: npm install --package-lock-only`)
}

const changelog = readFileSync('CHANGELOG.md', 'utf8')
const heading = new RegExp(`^## ${version.replaceAll('.', '\\.')} \\(\\d{4}-\\d\\d-\\d\\d\\)$`, 'm')
if (!heading.test(changelog)) {
  missing.push(`CHANGELOG.md has no ${version}: npm run changelog -- release ${version}`)
} else if (/^## Unreleased\n+(?!## |\n|$)/m.test(changelog)) {
  missing.push('CHANGELOG.md has changes below "Unreleased"')
}
const entries = existsSync('changes') ? readdirSync('changes') : []
for (const file of entries.filter((entry) => entry !== 'README.md')) {
  missing.push(`changes/${file} is not in CHANGELOG.md yet`)
}

function isFilled(value) {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(isFilled)
  return typeof value === 'string' && value.trim() !== ''
}

if (missing.length === 0) {
  process.stdout.write(`${name} ${version} can be released.\n`)
} else {
  const list = missing.map((one) => `  - ${one}\n`).join('')
  process.stderr.write(`${name} ${version} cannot be released:\n${list}`)
  process.exitCode = 1
}
