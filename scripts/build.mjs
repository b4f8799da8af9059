#!/usr/bin/env node
/**
 * Bundles src/ into dist/ (ccr.js and lazily loaded chunks, no runtime dependencies) and writes
 * THIRD-PARTY-NOTICES.md for what is bundled. The output is put in place by rename, so that a
 * running `ccr` never finds half a build.
 */
import { build } from 'esbuild'
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A process that started from an older build may still load its chunks for this long. */
const KEEP_OLD_CHUNKS_MS = 600_000

const root = fileURLToPath(new URL('..', import.meta.url))
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
const staging = await mkdtemp(join(root, '.dist-'))

/**
 * The entry points of the quickest commands. Each is one file, although the chunks contain its code
 * too, and CommonJS like ccr.js: most of the time of `ccr sessions` is Node finding and linking files
 * and starting its ESM loader. Modules that they import on demand come from the chunks, which have
 * separate classes and state.
 */
const QUICK = [
  'src/cli/run.ts',
  'src/cli/commands/sessions/sessions.ts',
  'src/cli/commands/start/start.ts',
  'src/cli/commands/code/code.ts',
]

/** One file that includes what it imports on demand: a daemon outlives the build from which it was started. */
const DAEMON = 'src/daemon/main.ts'

/** Threads: each is a separate file with a fixed name, so that a daemon of an older build finds it. These names stay. */
const THREADS = {
  'token-worker': 'src/gateway/tokens/worker.ts',
  'own-code': 'src/user-code/thread-program.ts',
}

const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  plugins: [slimUndici()],
  define: { __CCR_VERSION__: JSON.stringify(version) },
  logLevel: 'warning',
}

try {
  // What main.ts loads on demand: quick commands as separate files, the others in chunks.
  const main = await readFile(join(root, 'src/main.ts'), 'utf8')
  const lazy = [...main.matchAll(/import\('\.\/(.+?)'\)/g)].map((match) => `src/${match[1]}`)
  const chunks = join(staging, 'chunks')
  const split = await build({
    ...common,
    ...named(''),
    entryPoints: lazy.filter((file) => file !== DAEMON),
    outdir: chunks,
    splitting: true,
    chunkNames: '[name]-[hash]',
  })
  const loaded = outputsOf(split)
  const quick = await build({
    ...common,
    ...named('quick-'),
    format: 'cjs',
    entryPoints: QUICK,
    outdir: chunks,
    outExtension: { '.js': '.cjs' },
    plugins: [...common.plugins, loading(loaded)],
  })
  const daemon = await build({
    ...common,
    ...named('daemon-'),
    entryPoints: [DAEMON],
    outdir: chunks,
  })
  const threads = await build({ ...common, entryPoints: THREADS, outdir: chunks })
  const sqlite = await bundledSqlite()
  const inputs = [split, daemon, threads, sqlite].flatMap(({ metafile }) =>
    Object.keys(metafile.inputs),
  )
  const outputs = new Map([...loaded, ...outputsOf(quick), ...outputsOf(daemon)])
  await build({
    ...common,
    format: 'cjs',
    stdin: {
      contents: launcher(main, outputs),
      sourcefile: 'src/main.ts',
      resolveDir: join(root, 'src'),
      loader: 'ts',
    },
    external: ['./chunks/*'],
    outfile: join(staging, 'ccr.js'),
  })
  await writeFile(join(staging, 'package.json'), '{"type":"commonjs"}\n')
  await writeFile(join(staging, 'chunks/package.json'), '{"type":"module"}\n')
  for (const name of await readdir(join(staging, 'chunks')))
    await giveRequire(join(staging, 'chunks', name))
  const entry = join(staging, 'ccr.js')
  await writeFile(entry, `#!/usr/bin/env node\n${await readFile(entry, 'utf8')}`)
  await chmod(entry, 0o755)
  await publish(staging, join(root, 'dist'))
  await writeFile(join(root, 'THIRD-PARTY-NOTICES.md'), await notices(inputs))
} finally {
  await rm(staging, { recursive: true, force: true })
}

/**
 * SQLite for versions of Node without it, with its native builds. They are part of ccr, so that no
 * other package is installed and no install script runs (docs/decisions/0014-sqlite-within.md).
 */
async function bundledSqlite() {
  const source = join(root, 'node_modules/@photostructure/sqlite')
  const folder = join(staging, 'sqlite')
  const bundle = await build({
    ...common,
    format: 'cjs',
    stdin: {
      // A name that Node detects, also if the module is imported and not required.
      contents: `export { DatabaseSync } from './dist/index.cjs'`,
      resolveDir: source,
    },
    outfile: join(folder, 'lib/index.cjs'),
  })
  await cp(join(source, 'prebuilds'), join(folder, 'prebuilds'), { recursive: true })
  const { name, version, license } = JSON.parse(
    await readFile(join(source, 'package.json'), 'utf8'),
  )
  const manifest = { name, version, license, type: 'commonjs' }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest)}\n`)
  return bundle
}

function named(prefix) {
  return { entryNames: `${prefix}[name]-[hash]` }
}

/** The output of each entry point of a build, including those that are imported on demand. */
function outputsOf({ metafile }) {
  return new Map(
    Object.entries(metafile.outputs)
      .filter(([, { entryPoint }]) => entryPoint !== undefined)
      .map(([file, { entryPoint }]) => [entryPoint, basename(file)]),
  )
}

/** main.ts with what it imports on demand from these outputs. */
function launcher(source, outputs) {
  return source.replaceAll(/import\('\.\/(.+?)'\)/g, (_, file) => {
    const output = `'./chunks/${outputs.get(`src/${file}`)}'`
    return output.endsWith(".cjs'") ? `Promise.resolve(require(${output}))` : `import(${output})`
  })
}

/** Makes imports on demand load these outputs instead of the sources. */
function loading(outputs) {
  return {
    name: 'loading',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined
        const file = outputs.get(relative(root, join(resolveDir, path)))
        return file && { path: `./${file}`, external: true }
      })
    },
  }
}

/**
 * Only the parts of undici that a daemon uses: all of it (fetch, WebSockets, caches, mocks) costs
 * 50 ms and 8 MiB at every start. A name that is used but not listed here fails the build.
 */
function slimUndici() {
  const parts = { Agent: 'dispatcher/agent', buildConnector: 'core/connect' }
  const contents = Object.entries(parts)
    .map(([name, file]) => `export { default as ${name} } from 'undici/lib/${file}.js'`)
    .join('\n')
  return {
    name: 'slim-undici',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^undici$/ }, ({ path }) => ({ path, namespace: 'slim' }))
      onLoad({ filter: /^/, namespace: 'slim' }, () => ({ contents, resolveDir: root }))
    },
  }
}

/** Bundled CommonJS packages call `require` for Node's modules; other chunks start faster without it. */
async function giveRequire(file) {
  if (!file.endsWith('.js')) return
  const code = await readFile(file, 'utf8')
  if (!/\brequire\b/.test(code)) return
  const banner =
    "import{createRequire as ccrRequire}from'node:module';const require=ccrRequire(import.meta.url);"
  await writeFile(file, `${banner}\n${code}`)
}

/** Writes chunks first (their names contain a hash) and the entry last, then removes old chunks. */
async function publish(from, to) {
  await mkdir(join(to, 'chunks'), { recursive: true })
  const fresh = await readdir(join(from, 'chunks')).catch(() => [])
  for (const name of fresh) await rename(join(from, 'chunks', name), join(to, 'chunks', name))
  await publishSqlite(join(from, 'sqlite'), join(to, 'sqlite'))
  for (const name of ['package.json', 'ccr.js']) await rename(join(from, name), join(to, name))
  for (const name of await readdir(join(to, 'chunks'))) {
    const file = join(to, 'chunks', name)
    if (fresh.includes(name)) continue
    const { mtimeMs } = await stat(file)
    if (Date.now() - mtimeMs > KEEP_OLD_CHUNKS_MS) await rm(file)
  }
}

/** A native build of the same version is not replaced: a running `ccr` has it open. */
async function publishSqlite(from, to) {
  const text = (folder, name) => readFile(join(folder, name), 'utf8').catch(() => '')
  const names = ['package.json', 'lib/index.cjs']
  const same = names.map(async (name) => (await text(from, name)) === (await text(to, name)))
  if ((await Promise.all(same)).every(Boolean)) return
  await rm(to, { recursive: true, force: true })
  await rename(from, to)
}

/** The licence texts of the packages whose code is in the bundle. */
async function notices(inputs) {
  const packages = new Set()
  for (const input of inputs) {
    const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)
    if (match) packages.add(match[1])
  }
  const parts = [
    '# Third-party notices\n\nccr bundles code of these packages. Written by `npm run build`.\n',
  ]
  for (const name of [...packages].sort()) {
    const folder = join(root, 'node_modules', name)
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry))
    if (!file) throw new Error(`${name} is bundled but has no licence file`)
    const text = (await readFile(join(folder, file), 'utf8')).replaceAll('\r\n', '\n').trim()
    parts.push(
      `\n## ${name} ${manifest.version} (${manifest.license})\n\n\`\`\`text\n${text}\n\`\`\`\n`,
    )
  }
  parts.push(await catalogueNotice())
  return parts.join('')
}

/** The model data in src/providers/catalogue/catalogue.json, whose package comes without a licence file. */
async function catalogueNotice() {
  const file = join(root, 'src/providers/catalogue/catalogue.json')
  const { source, version, licence, author } = JSON.parse(await readFile(file, 'utf8'))
  const text = `MIT License

Copyright (c) ${author}

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`
  const title = `${source} ${version} (${licence}; model data)`
  return `\n## ${title}\n\n\`\`\`text\n${text}\n\`\`\`\n`
}
