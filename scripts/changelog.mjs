#!/usr/bin/env node
/**
 * Keeps CHANGELOG.md out of files in changes/, one for each change (docs/decisions/0023-changelog.md):
 *
 *   npm run changelog -- add KIND "TEXT"     writes such a file
 *   npm run changelog -- check [BASE]        fails when src/ changed since BASE (origin/main) without one
 *   npm run changelog -- release VERSION     moves them into CHANGELOG.md, below the new version
 *
 * Works on the current folder, so that tests can run it on one of theirs.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'

const FOLDER = 'changes'
const FILE = 'CHANGELOG.md'
/** What waits for a release; the entries of changes/ join it. */
const UNRELEASED = '## Unreleased'
/** Kinds of changes with their headings, in the order in which they are printed. */
const HEADINGS = {
  security: 'Security',
  added: 'Added',
  changed: 'Changed',
  deprecated: 'Deprecated',
  removed: 'Removed',
  fixed: 'Fixed',
}
const KINDS = Object.keys(HEADINGS)

/** What is wrong in words, without a stack trace. */
class Problem extends Error {}

/** Every entry: `{ file, kind, text }`, by file name. */
function readEntries() {
  if (!existsSync(FOLDER)) return []
  const files = readdirSync(FOLDER).filter((name) => name !== 'README.md')
  return files.sort().map((name) => {
    const file = `${FOLDER}/${name}`
    const kind = /^[\w-]+\.(\w+)\.md$/.exec(name)?.[1] ?? ''
    if (!(kind in HEADINGS)) {
      throw new Problem(
        `${file}: the name must be <what>.<kind>.md, with a kind of ${KINDS.join(', ')}`,
      )
    }
    const text = readFileSync(file, 'utf8').trim()
    if (text === '') throw new Problem(`${file} is empty`)
    if (/\n\s*\n/.test(text) || /^(?:[-*#]|\d+\.) /.test(text)) {
      throw new Problem(`${file}: an entry is one paragraph, without a heading or a list`)
    }
    return { file, kind, text: text.replaceAll(/\s*\n\s*/g, ' ') }
  })
}

function add(kind, text) {
  if (!(kind in HEADINGS)) throw new Problem(`The kind is one of ${KINDS.join(', ')}`)
  if (!text?.trim()) throw new Problem('The text is missing: npm run changelog -- add KIND "TEXT"')
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? ['change']
  const stem = words.slice(0, 6).join('-')
  mkdirSync(FOLDER, { recursive: true })
  for (let n = 1; ; n += 1) {
    const file = `${FOLDER}/${n === 1 ? stem : `${stem}-${n}`}.${kind}.md`
    if (existsSync(file)) continue
    writeFileSync(file, `${text.trim()}\n`)
    return file
  }
}

const git = (...args) =>
  execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
const isProduct = (file) => file.startsWith('src/') && !/\.test\.\w+$/.test(file)
const isEntry = (file) =>
  file === FILE || (file.startsWith(`${FOLDER}/`) && file !== `${FOLDER}/README.md`)

/** Says what was found, or throws when a change to src/ is missing from the changelog. */
function check(base) {
  const entries = readEntries()
  let from
  try {
    from = git('merge-base', base, 'HEAD')
  } catch {
    return `Not checked against ${base}, which is not here. ${entries.length} entries are well formed.`
  }
  const changed = git('diff', '--name-only', from, '--').split('\n')
  const untracked = git('ls-files', '--others', '--exclude-standard', FOLDER).split('\n')
  if (!changed.some(isProduct)) return `Nothing in src/ changed since ${base}.`
  if ([...changed, ...untracked].some(isEntry)) return `src/ changed, and so did the changelog.`
  const silent = git('log', '--no-merges', '--format=%h %s', `${from}..HEAD`, '--', 'src')
    .split('\n')
    .filter((line) => line !== '' && !hasTrailer(line.split(' ')[0]))
    .filter((line) =>
      git('show', '--format=', '--name-only', line.split(' ')[0]).split('\n').some(isProduct),
    )
  const uncommitted = git('diff', '--name-only', 'HEAD', '--').split('\n').some(isProduct)
  if (silent.length === 0 && !uncommitted) {
    return 'src/ changed, and each commit says that users notice nothing.'
  }
  const commits = [...silent, ...(uncommitted ? ['(not committed yet)'] : [])]
  throw new Problem(
    [
      `src/ changed since ${base} and the changelog did not:`,
      ...commits.map((line) => `  ${line}`),
      'Write an entry:  npm run changelog -- add fixed "What changed, for whom"',
      'or, where users notice nothing, end the commit message with:  Changelog: none',
    ].join('\n'),
  )
}

function hasTrailer(commit) {
  return /^Changelog: none$/m.test(git('show', '--no-patch', '--format=%B', commit))
}

/** Moves everything that waits below a heading with the version; gives how many entries. */
function release(version, day) {
  if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version ?? ''))
    throw new Problem(`${version} is no version`)
  const entries = readEntries()
  const before = readFileSync(FILE, 'utf8')
  if (before.includes(`\n## ${version} `)) throw new Problem(`${FILE} has ${version} already`)
  const at = before.indexOf(`\n${UNRELEASED}\n`)
  if (at === -1) throw new Problem(`${FILE} has no "${UNRELEASED}"`)
  const rest = before.slice(at + UNRELEASED.length + 2)
  const end = /^## /m.exec(rest)?.index ?? rest.length
  const waiting = rest.slice(0, end).trim()
  const sections = KINDS.flatMap((kind) => {
    const texts = entries.filter((entry) => entry.kind === kind).map(({ text }) => `- ${text}`)
    return texts.length > 0 ? [`### ${HEADINGS[kind]}\n\n${texts.join('\n')}`] : []
  })
  const body = [waiting, ...sections].filter((part) => part !== '').join('\n\n')
  if (body === '') throw new Problem('Nothing waits for a release')
  const older = rest.slice(end).trim()
  const parts = [before.slice(0, at).trim(), UNRELEASED, `## ${version} (${day})`, body, older]
  writeFileSync(FILE, `${parts.filter((part) => part !== '').join('\n\n')}\n`)
  for (const { file } of entries) rmSync(file)
  return entries.length
}

function main([command, ...rest]) {
  switch (command) {
    case 'add':
      return `Wrote ${add(...rest)}`
    case 'check':
      return check(rest[0] ?? 'origin/main')
    case 'release': {
      const day = new Date().toISOString().slice(0, 10)
      return `Moved ${release(rest[0], day)} entries into ${FILE}, below ${rest[0]}`
    }
    default:
      throw new Problem('add KIND "TEXT", check [BASE] or release VERSION')
  }
}

try {
  process.stdout.write(`${main(process.argv.slice(2))}\n`)
} catch (thrown) {
  if (!(thrown instanceof Problem)) throw thrown
  process.stderr.write(`${thrown.message}\n`)
  process.exitCode = 1
}
