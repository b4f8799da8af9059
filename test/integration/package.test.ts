/** The package as npm packs it: what is in it, and that it works in an empty home. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { testFolder } from '../support/folder.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** npm is a script there. */
const shell = process.platform === 'win32'

const folder = testFolder()
let tarball = ''
let files: readonly string[] = []

/** Packs what `npm run build` made; the scripts that would build it again do not run. */
beforeAll(() => {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder.path]
  const { stdout } = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', shell })
  // npm 11 gives a list, later ones an object by name.
  const [packed] = Object.values(
    JSON.parse(stdout) as Record<string, { filename: string; files: { path: string }[] }>,
  )
  tarball = join(folder.path, packed?.filename ?? '')
  files = packed?.files.map(({ path }) => path) ?? []
}, 60_000)

describe('npm pack', () => {
  it('takes what a user needs, and nothing else', () => {
    expect([...new Set(files.map((file) => file.split('/')[0]))].sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'THIRD-PARTY-NOTICES.md',
      'dist',
      'docs',
      'examples',
      'package.json',
    ])
    const built = files.filter((file) => file.startsWith('dist/'))
    expect(built).toContain('dist/ccr.js')
    expect(built.filter((file) => !/\.(?:c?js|node|json)$|\/LICENSE$/.test(file))).toEqual([])
  })

  it('takes every page of docs/ and every picture that README.md shows', () => {
    const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    const pages = docs.filter((file) => file.endsWith('.md'))
    const shown = [
      ...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/docs\/pictures\/[\w.-]+/g),
    ]
    expect(shown.length).toBeGreaterThan(0)
    const wanted = [
      ...pages.map((page) => `docs/${page.replaceAll('\\', '/')}`),
      ...shown.map(String),
    ]
    expect(wanted.filter((file) => !files.includes(file))).toEqual([])
  })
})

describe('the packed package', () => {
  /** npm in an empty folder, with an empty home and an empty cache. */
  const npm = (name: string, args: readonly string[]): { status: number | null; text: string } => {
    const home = join(folder.path, name)
    const work = join(home, 'work')
    mkdirSync(work, { recursive: true })
    const { status, stdout, stderr } = spawnSync('npm', args, {
      cwd: work,
      encoding: 'utf8',
      shell,
      env: {
        ...process.env,
        HOME: home,
        USERPROFILE: home,
        npm_config_cache: join(home, 'cache'),
        npm_config_update_notifier: 'false',
      },
    })
    return { status, text: stdout + stderr }
  }

  it('shows the demo, by npx ccrouter', () => {
    const { status, text } = npm('demo', [
      ...['exec', '--yes', `--package=${tarball}`, '--', 'ccrouter', 'demo'],
    ])
    expect(text).toContain('Both sessions are stopped and everything is removed.')
    expect(status).toBe(0)
  }, 60_000)

  it('is found by npx without the name of a command, and as ccr', () => {
    expect(npm('bare', ['exec', '--yes', '--', `file:${tarball}`, '--version']).text).toMatch(
      /^ccr \d/,
    )
    const args = ['exec', '--yes', `--package=${tarball}`, '--', 'ccr', '--version']
    expect(npm('named', args).text).toMatch(/^ccr \d/)
  }, 60_000)

  it('installs one package, and runs no script', () => {
    const args = ['install', '--no-audit', '--no-fund', '--foreground-scripts', tarball]
    const { status, text } = npm('installed', args)
    expect(text).toContain('added 1 package')
    expect(status).toBe(0)
    expect(text).not.toMatch(/^> /m)
  }, 60_000)
})
