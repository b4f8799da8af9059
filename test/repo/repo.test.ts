import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { isKept } from '../support/environment.ts'

const root = new URL('../../', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')
const exists = (file: string): boolean => existsSync(fileURLToPath(new URL(file, root)))

describe('the documents', () => {
  it.each(['AGENTS.md', 'docs/architecture.md'])('%s names every folder of src/', (file) => {
    for (const folder of read('.dependency-cruiser.cjs').matchAll(/^ {2}'?([\w-]+)'?: \[/gm)) {
      const name = folder[1] ?? ''
      if (exists(`src/${name}`)) expect(read(file)).toContain(`\`src/${name}/\``)
    }
  })
})

describe('the package', () => {
  it('carries the pages that its messages name, each by docsPage()', () => {
    const code = sources('src').filter((file) => !file.endsWith('.test.ts'))
    const named = code.flatMap((file) => [...read(file).matchAll(/docsPage\('([^']+)'\)/g)])
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter(([, page = '']) => !exists(`docs/${page}`))).toEqual([])
    expect(manifest['files']).toContain('docs')
    const bare = code.filter((file) =>
      read(file)
        .split('\n')
        .some((line) => /[^/]\bdocs\/[\w-]+\.md/.test(line) && !/^\s*(?:\/?\*|\/\/)/.test(line)),
    )
    expect(bare).toEqual([])
  })

  const manifest = JSON.parse(read('package.json')) as Record<string, unknown>

  it('brings all that it needs: nothing is installed beside it', () => {
    const kinds = ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies']
    for (const kind of kinds) expect(manifest[kind]).toBeUndefined()
  })

  it('runs no script when it is installed', () => {
    const scripts = Object.keys(manifest['scripts'] ?? {})
    expect(scripts.filter((name) => /install|^dependencies$/.test(name))).toEqual([])
    expect(exists('binding.gyp')).toBe(false) // npm would compile it
  })

  it('has a SQLite of its own for a Node without one', () => {
    const open = `import { DatabaseSync } from './dist/sqlite/lib/index.cjs'
      process.stdout.write(JSON.stringify(new DatabaseSync(':memory:').prepare('select 7 as n').get()))`
    const cwd = fileURLToPath(root)
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', open], {
      cwd,
      encoding: 'utf8',
    })
    expect({ stdout, stderr }).toEqual({ stdout: '{"n":7}', stderr: '' })
  })

  it('has a bin that runs by itself, also under the name of the package, for npx', () => {
    expect(manifest['bin']).toEqual({ ccr: 'dist/ccr.js', ccrouter: 'dist/ccr.js' })
    expect(read('dist/ccr.js').startsWith('#!/usr/bin/env node\n')).toBe(true)
  })
})

/** The TypeScript files of a folder. */
function sources(folder: string): string[] {
  return readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
}

/** Those of the tests. */
function testCode(): string[] {
  const units = sources('src').filter((file) => file.endsWith('.test.ts'))
  return [...units, ...sources('test')]
}

describe('the tests', () => {
  it('read only variables that test/support/environment.ts leaves them', () => {
    // These read variables by themselves, outside of a test.
    const programs = [
      'test/integration/fake-claude.ts',
      'test/support/fake-agent.ts',
      'test/e2e/choose-client.ts',
      'test/real/install.ts',
    ]
    const names = testCode().flatMap((file) =>
      programs.includes(file)
        ? []
        : [...read(file).matchAll(/process\.env\['(\w+)'\]/g)].map((match) => match[1] ?? ''),
    )
    expect(names.filter((name) => !isKept(name))).toEqual([])
  })

  it('are skipped in one way only, which tells what is missing: test/support/requires.ts', () => {
    const files = testCode().filter((file) => file.endsWith('.test.ts'))
    const raw = /\b(?:it|test|describe)(?:\.\w+)*\.(?:skip|skipIf|runIf|only|todo)\b/
    expect(files.filter((file) => raw.test(read(file)))).toEqual([])
  })
})
