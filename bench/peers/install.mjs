/**
 * Installs peers by the ordinary clients of registries into a cache folder outside of the repository,
 * each pinned; what was installed to its end once is taken from there. Nothing but the package's files
 * is run: npm installs without scripts, pip takes wheels only, and each has an empty HOME.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ccr-bench')
const LISTS = fileURLToPath(new URL('.', import.meta.url))
/** The time that a registry's client may take, minutes; a build of a crate takes longer. */
const MINUTES = { npm: 5, pip: 10, cargo: 60 }

/**
 * A folder of packages of npm.
 * @param packages exact ones, `name@1.2.3`.
 * @param built packages whose install scripts run, as they compile something.
 * @returns `node_modules` of that folder. @throws Error with the reason in one line.
 */
export async function npmFolder(name, packages, built = []) {
  const folder = await once(join(CACHE, 'npm', name), [...packages, ...built], async (folder) => {
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
    const args = ['install', '--save-exact', '--no-audit', '--no-fund']
    if (built.length > 0) await client('npm', [...args, ...built], folder, MINUTES.npm)
    await client('npm', [...args, '--ignore-scripts', ...packages], folder, MINUTES.npm)
  })
  return join(folder, 'node_modules')
}

/**
 * A virtual environment with the wheels of a list with hashes, `bench/peers/LIST`.
 * @returns its `bin`. @throws Error with the reason in one line.
 */
export async function pipFolder(name, list) {
  const file = join(LISTS, list)
  const folder = await once(
    join(CACHE, 'pip', name),
    [readFileSync(file, 'utf8')],
    async (folder) => {
      await client('python3', ['-m', 'venv', 'venv'], folder, MINUTES.pip)
      const args = ['install', '--only-binary', ':all:', '--require-hashes', '-r', file]
      await client(join(folder, 'venv/bin/pip'), args, folder, MINUTES.pip)
    },
  )
  return join(folder, 'venv/bin')
}

/**
 * The folder of a crate's programs. A build takes half an hour and longer: it is made only where the
 * peer is named (`--peers NAME`), and lasts.
 * @param crate `{name, version, features}`, without default features.
 * @returns its `bin`. @throws Error with the reason in one line.
 */
export async function cargoFolder({ name, version, features, bin }, { build }) {
  const pin = `${name}@${version} ${features}`
  const folder = join(CACHE, 'cargo', name)
  if (!build && !isDone(folder, [pin])) {
    throw new Error(`not built: \`--peers ${name}\` builds ${name} ${version}, which takes long`)
  }
  await once(folder, [pin], (folder) => {
    const args = ['install', '--locked', '--root', folder, '-j2', name, '--version', version]
    const chosen = ['--no-default-features', '--features', features, ...(bin ? ['--bin', bin] : [])]
    return client('nice', ['-n', '19', 'cargo', ...args, ...chosen], folder, MINUTES.cargo)
  })
  return join(folder, 'bin')
}

const stampOf = (pins) => createHash('sha256').update(pins.join('\n')).digest('hex')

function isDone(folder, pins) {
  const file = join(folder, 'installed')
  return existsSync(file) && readFileSync(file, 'utf8') === stampOf(pins)
}

/** Does `work` in a new folder, unless it was done there before with the same pins. */
async function once(folder, pins, work) {
  if (isDone(folder, pins)) return folder
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'home'), { recursive: true })
  process.stderr.write(`installing into ${folder}\n`)
  await work(folder)
  writeFileSync(join(folder, 'installed'), stampOf(pins))
  return folder
}

/** Runs a client to its end. @throws Error with the line of its output that says why it failed. */
async function client(program, args, folder, minutes) {
  const log = join(folder, 'install.log')
  const output = openSync(log, 'a')
  const child = spawn(program, args, {
    cwd: folder,
    env: clientEnv(folder),
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  const timer = setTimeout(() => child.kill('SIGKILL'), minutes * 60_000)
  const code = await new Promise((resolve) => {
    child.once('error', resolve)
    child.once('exit', resolve)
  })
  clearTimeout(timer)
  if (code === 0) return
  if (code === null) throw new Error(`not installed within ${minutes} minutes`)
  throw new Error(`does not install: ${reasonIn(readFileSync(log, 'utf8'))}`)
}

/** Where the clients find programs and certificates; nothing else of the environment reaches them. */
function clientEnv(folder) {
  const kept = ['PATH', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'PIP_CERT', 'NODE_EXTRA_CA_CERTS']
  const names = [...kept, 'RUSTUP_HOME', 'CARGO_HOME', 'http_proxy', 'https_proxy', 'no_proxy']
  const env = Object.fromEntries(
    names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  )
  const rust = { RUSTUP_HOME: join(homedir(), '.rustup'), CARGO_HOME: join(homedir(), '.cargo') }
  // Node's headers, for what is compiled: node-gyp would download them.
  const prefix = dirname(dirname(process.execPath))
  const headers = existsSync(join(prefix, 'include/node/node.h')) ? prefix : ''
  const npm = { npm_config_cache: join(dirname(folder), '.cache'), npm_config_nodedir: headers }
  return { ...rust, ...env, ...npm, HOME: join(folder, 'home') }
}

/** The last line that speaks of an error, without addresses and paths. */
function reasonIn(text) {
  const lines = text.split('\n').filter((line) => /error|not found|refused/i.test(line))
  const line =
    lines.find((one) => /could not be found|No matching|error:/i.test(one)) ?? lines.at(-1)
  return (line ?? 'no reason in its output')
    .replace(/https?:\/\/\S+/g, 'the registry')
    .replace(/(?<![\w@])(\/[\w.@-]+){2,}/g, '…')
    .replace(/^npm error (404 +)?|^ERROR: | or you do not have .*$/g, '')
    .trim()
    .slice(0, 120)
}
