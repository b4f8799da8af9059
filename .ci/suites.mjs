/**
 * Runs every suite, even if others fail, and prints the minutes that each took. Needs Node, npm and a
 * network; as root on Debian it installs the other programs that suites use. Takes about half an hour
 * on two processors.
 *
 * `npm ci && npm test` runs as for a new contributor: in a clone in an otherwise empty folder, with an
 * empty home, under each version of Node. Suites that need more than that run in the checkout itself,
 * and so do tests that read recordings, if the recordings are beside it.
 *
 * A new suite is one line of `suites()`: its name, and its command for bash.
 */
import { spawn, execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The time limit of one suite: a hang fails this suite and not the whole run. */
const LIMIT_MS = 25 * 60_000

const work = mkdtempSync(join(tmpdir(), 'ccr-ci-'))
const clone = join(work, 'alone', 'ccr')
const home = join(work, 'home')
mkdirSync(home)

/** Caches of npm and Node on this machine are used, so that nothing is fetched again. */
const cache = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim()
const STRANGER = {
  HOME: home,
  npm_config_cache: cache,
  XDG_CACHE_HOME: process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
}

const rows = []
const running = new Set()
const count = { passed: 0, failed: 0, skipped: 0 }
/** The tests that failed and those that passed only in a second try, under the names of their suites. */
const toMend = []

async function suites() {
  const packages = begin('packages of the system', PACKAGES)
  await suite('install (npm ci)', 'npm ci --ignore-scripts')
  await suite('build', 'npm run --silent build')
  await suite(
    'the licences of what is bundled are listed',
    'git rev-parse --git-dir > /dev/null 2>&1 || exit 0; git diff --exit-code -- THIRD-PARTY-NOTICES.md',
  )
  await suite('changes of src/ are in the changelog', 'npm run --silent changelog -- check')
  const reading = begin('format, lint, types, imports', READING)
  await suite('files of .github (lint:github)', 'npm run --silent lint:github')
  step('a clone in an empty folder', standAlone)
  await packages()

  const alone = { cwd: clone, env: STRANGER }
  await suite('in the clone: npm ci', 'npm ci', alone)
  await suite(`in the clone: npm test (Node ${process.versions.node})`, 'npm test', alone)
  await reading()
  await suite(
    'in the clone: npm test (Node 22)',
    'NODES=22 npm run --silent test:nodes -- --whole',
    alone,
  )
  await suite(
    'in the clone: npm test (Node 24)',
    'NODES=24 npm run --silent test:nodes -- --whole',
    alone,
  )
  await suite('tests that read recordings beside the checkout', recorded())
  await suite('the real client (test:e2e)', 'npm run --silent test:e2e')
  await suite(
    'the newest known client: names, prices, windows, lending (test:e2e)',
    `CLAUDE_CODE_VERSION=$(node -p 'require("./test/drift/record.json").client') npm run --silent test:e2e -- native prices windows vision web-search`,
  )
  await suite(
    'the record of what the newest known client sends (drift)',
    'npm run --silent drift -- --recorded',
  )
  await suite('crashes, races and broken machines (test:faults)', 'npm run --silent test:faults')
  await suite('past every limit on a moved clock (test:long)', 'npm run --silent test:long')
  await suite('Windows, under Wine (test:windows)', 'npm run --silent test:windows')
  await suite('faulty providers (test:chaos)', 'npm run --silent test:chaos')
  await suite(
    'small faults in the lines of the last change (test:mutants)',
    'npm run --silent test:mutants -- --changed',
  )
  await suite('demo', 'npm run --silent demo', { env: { HOME: home } })
  await suite(
    'fidelity of ccr to both protocols (bench:fidelity)',
    'npm run --silent bench:fidelity',
  )
  await suite('speed and footprint beside the floors (bench:smoke)', 'npm run --silent bench:smoke')
}

/**
 * Chromium shows the pages of ccr compare, nginx and wrk are for benchmarks, zsh and fish for
 * completion, Wine for Windows. Without them their tests are skipped and say so.
 */
const PACKAGES = `
  [ "$(id -u)" = 0 ] && command -v apt-get || { echo 'not root on Debian: nothing is installed'; exit 0; }
  wanted=
  for pair in chromium:chromium nginx:nginx-light wrk:wrk script:bsdutils setpriv:util-linux ps:procps git:git zsh:zsh fish:fish wine:wine; do
    command -v "\${pair%:*}" || wanted="$wanted \${pair#*:}"
  done
  [ -n "$wanted" ] || exit 0
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  for package in $wanted; do
    apt-get install -y --no-install-recommends "$package" || echo "Not here: $package"
  done`

const READING = `
  failed=0
  for check in format:check lint types imports; do
    echo "-- $check"; npm run --silent "$check" || failed=1
  done
  exit $failed`

/** The test files that read recordings beside the checkout, which the clone does not have. */
function recorded() {
  if (!existsSync('../shared')) {
    return `echo 'Not run here, and fine: no recordings beside this checkout; the clone has run the rest'`
  }
  const files = ['src', 'test'].flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .map((file) => join(folder, file))
      .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
      .filter((file) =>
        /\bRECORDINGS\b|\bCASES\b|\bGUIDE\b|recorded\/fixtures/.test(readFileSync(file, 'utf8')),
      ),
  )
  return `npx vitest run ${files.join(' ')}`
}

/**
 * A clone, with uncommitted changes copied into it. A plain copy if this is no git checkout, or one
 * that git does not let this user read.
 */
function standAlone() {
  const git = (...args) => execFileSync('git', args, { encoding: 'utf8', maxBuffer: 2 ** 26 })
  const ours = (file) => !/(?:^|\/)(?:node_modules|dist|\.git)(?:\/|$)/.test(file)
  try {
    git('clone', '--quiet', '.', clone)
  } catch (thrown) {
    process.stdout.write(`${thrown.message}\nA copy instead of a clone.\n`)
    cpSync('.', clone, { recursive: true, filter: ours })
    return
  }
  const kinds = ['--others', '--modified', '--deleted', '--exclude-standard']
  for (const file of new Set(
    git('ls-files', '-z', ...kinds)
      .split('\0')
      .filter(Boolean),
  )) {
    const to = join(clone, file)
    rmSync(to, { force: true, recursive: true })
    if (!existsSync(file)) continue
    mkdirSync(dirname(to), { recursive: true })
    cpSync(file, to, { recursive: true })
  }
}

// ---- how a suite runs

/** `.ci/run WORD…` runs only the suites whose names have one of the words. */
function isWanted(name) {
  const words = process.argv.slice(2)
  return words.length === 0 || words.some((word) => name.includes(word))
}

/** Runs a command to its end and shows its output at once. */
async function suite(name, command, options = {}) {
  if (!isWanted(name)) return
  process.stdout.write(`\n== ${name}\n`)
  finish(name, await ran(command, { ...options, show: true }))
}

/** Starts a command in the background; the result is a function that waits for its end and shows its output. */
function begin(name, command) {
  if (!isWanted(name)) return () => undefined
  const end = ran(`renice -n 10 $$ > /dev/null; ${command}`, { show: false })
  return async () => {
    const result = await end
    process.stdout.write(`\n== ${name}\n${result.output}`)
    finish(name, result)
  }
}

function step(name, work) {
  if (!isWanted(name)) return
  const from = performance.now()
  process.stdout.write(`\n== ${name}\n`)
  let code = 0
  try {
    work()
  } catch (thrown) {
    process.stdout.write(`${thrown.stack}\n`)
    code = 1
  }
  finish(name, { code, output: '', ms: performance.now() - from })
}

function ran(command, { cwd = process.cwd(), env = {}, show }) {
  const from = performance.now()
  // A separate process group, so that it can be ended with all processes that it started.
  const child = spawn('bash', ['-c', command], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  running.add(child)
  const limit = setTimeout(() => {
    process.stdout.write(`\nNot done after ${LIMIT_MS / 60_000} minutes: ended\n`)
    endGroup(child)
  }, LIMIT_MS)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part) => {
      output += part
      if (show) process.stdout.write(part)
    })
  }
  return new Promise((resolve) => {
    child.once('error', (error) => {
      output += `${error.message}\n`
    })
    child.once('close', (code, signal) => {
      clearTimeout(limit)
      running.delete(child)
      resolve({ code: code ?? signal, output, ms: performance.now() - from })
    })
  })
}

function endGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}

/** Adds the totals in its output; a command that fails without totals counts as one failure. */
function finish(name, { code, output, ms }) {
  // eslint-disable-next-line no-control-regex -- colours
  const lines = output.replaceAll(/\x1b\[[0-9;]*m/g, '').split('\n')
  let failed = 0
  for (const line of lines) {
    const found = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line)
    if (found === null) continue
    count.passed += Number(found[1])
    failed += Number(found[2])
    count.skipped += Number(found[3])
  }
  const named = namedTests(lines)
  if (named.length > 0) toMend.push(`${name}\n`, ...named)
  if (code !== 0 && failed === 0) failed = 1
  count.failed += failed
  const minutes = (ms / 60_000).toFixed(1).padStart(5)
  rows.push(`${minutes} min  ${failed === 0 && code === 0 ? 'passed' : 'FAILED'}  ${name}\n`)
}

/** The lists that test/support/reporter.ts prints: a heading and lines that are indented. */
function namedTests(lines) {
  const found = []
  let inList = false
  for (const line of lines) {
    if (/^(?:Failed|Passed only in a second try):$/.test(line)) inList = true
    else if (!line.startsWith('  ')) inList = false
    if (inList) found.push(`  ${line}\n`)
  }
  return found
}

function leave() {
  for (const child of running) endGroup(child)
  rmSync(work, { recursive: true, force: true, maxRetries: 5 })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    leave()
    process.exit(130)
  })
}

await suites()
leave()
process.stdout.write(`\n== minutes\n${rows.join('')}`)
if (toMend.length > 0) process.stdout.write(`\n== to mend\n${toMend.join('')}\n`)
const { passed, failed, skipped } = count
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
