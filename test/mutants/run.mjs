#!/usr/bin/env node
/**
 * Makes small changes to the code (mutants), one at a time, and shows which of them no test notices
 * (StrykerJS: https://stryker-mutator.io/docs/stryker-js/introduction/).
 *
 *   npm run test:mutants                        all folders of folders.mjs; hours
 *   npm run test:mutants -- store server        these folders
 *   npm run test:mutants -- src/store/ledger.ts these files; a range of lines as src/a.ts:10-20
 *   npm run test:mutants -- --changed           the lines that the last change touched, some minutes
 *   npm run test:mutants -- --left store        what the last run of a folder left, a line each
 *
 * A folder's results are kept under reports/mutants and used again where neither the code nor its
 * tests changed. Ends with 1 where fewer are noticed than folders.mjs says. Where a folder names the
 * `tests` that it is held by, those alone are run: the others would notice a little more, and take
 * many times as long.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { Stryker } from '@stryker-mutator/core'
import { FOLDERS } from './folders.mjs'

const KEPT = 'reports/mutants'
/** Which tests are run: see vitest.config.mjs. */
const TESTS = 'MUTANTS_TESTS'
const ISOLATE = 'MUTANTS_ISOLATE'
/** Lines that `--changed` takes in all: some minutes. */
const MOST_LINES = 100
/** How many percent `--changed` may be behind the folders: of few mutants each makes many. */
const LEEWAY = 20
/** What it needs where a folder was never run as a whole, percent. */
const LEAST = 40

const NOTICED = new Set(['Killed', 'Timeout'])
const UNNOTICED = new Set(['Survived', 'NoCoverage'])

async function main(args) {
  const unknown = args.filter((arg) => arg.startsWith('--') && !OPTIONS.has(arg))
  if (unknown.length > 0) return fail(`${unknown[0]} is no option: --changed or --left FOLDER.`)
  if (args.includes('--left')) return showLeft(args.filter((arg) => arg !== '--left'))
  if (args.includes('--changed')) return runChanged()
  const files = args.filter((arg) => arg.startsWith('src/'))
  const folders = args.filter((arg) => !arg.startsWith('src/'))
  const wrong = folders.find((name) => !(name in FOLDERS))
  if (wrong) return fail(`${wrong} is no folder of ${Object.keys(FOLDERS).join(', ')}.`)
  if (files.length > 0) {
    return report([['chosen', 0, await mutated('chosen', files, runOf(files))]])
  }
  const rows = []
  for (const name of folders.length > 0 ? folders : Object.keys(FOLDERS)) {
    const { files: all, tests, held, isolate } = FOLDERS[name]
    rows.push([name, held, await mutated(name, all, { tests, isolate })])
  }
  return report(rows)
}

const OPTIONS = new Set(['--changed', '--left'])

/** How the folders of these files are run together; undefined where a file is of none. */
function runOf(files) {
  const folders = files.map((file) =>
    Object.values(FOLDERS).find((each) => each.files.some((start) => file.startsWith(start))),
  )
  if (folders.includes(undefined)) return undefined
  return {
    tests: [...new Set(folders.flatMap(({ tests }) => tests))],
    isolate: folders.some(({ isolate }) => isolate !== false),
  }
}

/** Runs Stryker over files and gives their mutants. */
async function mutated(name, files, { tests, isolate = true } = {}) {
  mkdirSync(KEPT, { recursive: true })
  process.env[TESTS] = (tests ?? []).join(' ')
  process.env[ISOLATE] = String(isolate)
  const options = {
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner', './test/mutants/ignore.mjs'],
    ignorers: ['prose'],
    vitest: { configFile: 'test/mutants/vitest.config.mjs', related: tests === undefined },
    mutate: [
      ...files.map((file) => (file.endsWith('/') ? `${file}**/*.ts` : file)),
      '!src/**/*.test.ts',
    ],
    coverageAnalysis: 'perTest',
    // What is made when a module is loaded needs a load for each mutant, and is mostly tables.
    ignoreStatic: true,
    incremental: true,
    incrementalFile: `${KEPT}/${name}.json`,
    concurrency: Number(process.env.MUTANTS_AT_ONCE) || Math.max(2, cpus().length),
    // On a machine that others use too: what is over by then hangs.
    timeoutMS: 10_000,
    reporters: ['progress-append-only'],
    ignorePatterns: ['/bench', '/docs', '/dist', '/reports', '/test/e2e', '/test/recorded'],
    tempDirName: '.mutants',
    cleanTempDir: 'always',
  }
  try {
    return await new Stryker(options).runMutationTest()
  } catch (thrown) {
    // The tests must pass without a mutant first; on a busy machine one of them may have been late.
    process.stdout.write(`\nOnce more: ${thrown instanceof Error ? thrown.message : thrown}\n`)
    return await new Stryker(options).runMutationTest()
  }
}

/** Lines of the last change in the folders above, as many as the time allows; the newest first. */
async function runChanged() {
  const ranges = changedRanges()
  if (ranges.length === 0) {
    process.stdout.write(
      'Not run here, and fine: the last change touched no file of these folders\n',
    )
    return 0
  }
  const results = await mutated('changed', ranges, runOf(ranges))
  return report([['changed', Math.max(LEAST, usual(results) - LEEWAY), results]])
}

/** What is noticed of so many mutants of each folder as a rule, percent. */
function usual(mutants) {
  const held = mutants.map(({ fileName }) => {
    const all = Object.values(FOLDERS)
    return all.find(({ files }) => files.some((start) => fileName.includes(start)))?.held ?? 0
  })
  return Math.round(held.reduce((sum, each) => sum + each, 0) / Math.max(1, held.length))
}

function changedRanges() {
  const git = (...args) => execFileSync('git', args, { encoding: 'utf8', maxBuffer: 2 ** 26 })
  const covered = Object.values(FOLDERS).flatMap(({ files }) => files)
  const ranges = []
  let lines = 0
  let commits = []
  try {
    commits = git('rev-list', '--no-merges', '--max-count=20', 'HEAD', '--', 'src').split('\n')
  } catch {
    return []
  }
  for (const commit of commits.filter(Boolean)) {
    for (const [file, from, to] of added(git('show', '--format=', '-U0', commit, '--', 'src'))) {
      const wanted = covered.some((start) => file.startsWith(start)) && !file.endsWith('.test.ts')
      // Lines of an older commit have moved where a newer one touched the file.
      const moved = ranges.some((range) => range.file === file && range.commit !== commit)
      if (!wanted || moved || !existsSync(file) || lines + to - from + 1 > MOST_LINES) continue
      ranges.push({ file, from, to, commit })
      lines += to - from + 1
    }
  }
  return ranges.map(({ file, from, to }) => `${file}:${from}-${to}`)
}

/** Files and lines that a diff adds. */
function* added(diff) {
  let file = ''
  for (const line of diff.split('\n')) {
    if (line.startsWith('+++ b/')) file = line.slice('+++ b/'.length)
    const hunk = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line)
    if (hunk === null) continue
    const [from, count] = [Number(hunk[1]), Number(hunk[2] ?? 1)]
    if (count > 0) yield [file, from, from + count - 1]
  }
}

/** Prints what was noticed; 1 where it is less than it was. */
function report(rows) {
  let code = 0
  process.stdout.write('\nfolder      noticed  not noticed  percent  held\n')
  for (const [name, held, results] of rows) {
    const noticed = results.filter(({ status }) => NOTICED.has(status)).length
    const left = results.filter(({ status }) => UNNOTICED.has(status))
    const percent = (100 * noticed) / Math.max(1, noticed + left.length)
    const behind = noticed + left.length > 0 && percent < held
    if (behind) code = 1
    const cells = [name.padEnd(10), String(noticed).padStart(8), String(left.length).padStart(12)]
    cells.push(percent.toFixed(1).padStart(8), String(held).padStart(5))
    process.stdout.write(`${cells.join(' ')}${behind ? '  FEWER THAN BEFORE' : ''}\n`)
    if (!(name in FOLDERS)) for (const mutant of left) process.stdout.write(`  ${lineOf(mutant)}\n`)
  }
  process.stdout.write('\nWhat was not noticed: npm run test:mutants -- --left FOLDER\n')
  return code
}

function showLeft(names) {
  for (const name of names) {
    const file = join(KEPT, `${name}.json`)
    if (!existsSync(file)) return fail(`No run of ${name} yet: npm run test:mutants -- ${name}`)
    const { files } = JSON.parse(readFileSync(file, 'utf8'))
    for (const [fileName, { mutants }] of Object.entries(files)) {
      for (const mutant of mutants.filter(({ status }) => UNNOTICED.has(status))) {
        process.stdout.write(`${lineOf({ ...mutant, fileName })}\n`)
      }
    }
  }
  return 0
}

function lineOf({ fileName, location, mutatorName, replacement, status }) {
  const file = fileName.startsWith(process.cwd())
    ? fileName.slice(process.cwd().length + 1)
    : fileName
  const { start } = location
  const put = (replacement ?? '').replace(/\s+/g, ' ').slice(0, 100)
  const note = status === 'NoCoverage' ? ' (no test runs it)' : ''
  return `${file}:${start.line}:${start.column} ${mutatorName}: ${put}${note}`
}

function fail(text) {
  process.stderr.write(`${text}\n`)
  return 2
}

process.exitCode = await main(process.argv.slice(2))
