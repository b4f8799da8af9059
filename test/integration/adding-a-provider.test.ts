/** Follows docs/adding-a-provider.md in a copy of the project: its files, its commands, what they print. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = readFileSync(join(ROOT, 'docs/adding-a-provider.md'), 'utf8')

/** What the commands of the page read; suites with packages of their own and recordings are left out. */
const COPIED = [
  ...['src', 'docs', 'package.json', 'tsconfig.json', 'vitest.config.ts', '.prettierrc.json'],
  ...['test/conformance', 'test/support', 'test/live', 'test/repo', 'test/recorded/fixtures.ts'],
]

interface Block {
  /** `ts`, `diff`, `bash`, `text`. */
  readonly language: string
  /** What follows the language: `file=PATH`, `run`, `run=fails`, or nothing. */
  readonly info: string
  readonly text: string
}

const BLOCKS: readonly Block[] = [...PAGE.matchAll(/^```(\w+) ?(.*)\n([^]*?)^```$/gm)].map(
  ([, language = '', info = '', text = '']) => ({ language, info, text }),
)

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccr-adding-'))
  for (const path of COPIED) {
    cpSync(join(ROOT, path), join(folder, path), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Each added line goes before the line that follows it in the diff. */
function applied(text: string, diff: string): string {
  const lines = diff.trimEnd().split('\n')
  return lines.reduceRight(
    ({ whole, before }, line) => {
      const code = line.slice(1)
      if (!line.startsWith('+')) return { whole, before: code }
      const at = `\n${whole}`.indexOf(`\n${before}\n`)
      expect(at, `src/providers/index.ts has no line: ${before}`).not.toBe(-1)
      return { whole: `${whole.slice(0, at)}${code}\n${whole.slice(at)}`, before: code }
    },
    { whole: text, before: '' },
  ).whole
}

interface Result {
  readonly code: number | null
  readonly output: string
}

function run(command: string, args: readonly string[]): Result {
  // Vitest within Vitest: the outer one's settings are not for the inner.
  const env = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS)/.test(name))
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...Object.fromEntries(env), NO_COLOR: '1' },
  })
  return { code: status, output: stdout + stderr }
}

/** A command of the page: `npx vitest run …`. */
function vitest(line: string): Result {
  const [npx, program, ...args] = line.trim().split(' ')
  expect([npx, program]).toEqual(['npx', 'vitest'])
  return run(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args])
}

/** How many tests a run has passed. */
function passed({ output }: Result): number {
  return Number(/Tests\s+(\d+) passed/.exec(output)?.[1] ?? 0)
}

/** Busy machines need their time: each command starts a Vitest. */
const LIMIT_MS = 300_000

describe('docs/adding-a-provider.md', () => {
  it('leads to a provider that works', { timeout: LIMIT_MS }, () => {
    let last: Result = { code: 0, output: '' }
    for (const { language, info, text } of BLOCKS) {
      const file = /^file=(\S+)$/.exec(info)?.[1]
      if (file !== undefined) {
        const path = join(folder, file)
        const isDiff = language === 'diff'
        writeFileSync(path, isDiff ? applied(readFileSync(path, 'utf8'), text) : text)
      } else if (language === 'bash' && info.startsWith('run')) {
        last = vitest(text)
        expect(last.code, `${text}\n${last.output}`).toBe(info === 'run=fails' ? 1 : 0)
        if (text.includes('test/conformance')) expect(passed(last)).toBeGreaterThan(50)
      } else if (language === 'text') {
        expect(last.output).toContain(text.trim())
      }
    }
    const commands = BLOCKS.filter(({ info }) => info.startsWith('run'))
    expect(commands.length).toBeGreaterThanOrEqual(5)
    const written = readFileSync(join(folder, 'docs/providers.md'), 'utf8')
    expect(written).toContain('- **acme**: `maxTokens: max_completion_tokens`')
  })

  it('has files whose types are right', { timeout: LIMIT_MS }, () => {
    const files = BLOCKS.flatMap(({ language, info }) =>
      language === 'ts' ? [info.replace('file=', '')] : [],
    )
    expect(files).toContain('src/providers/acme.ts')
    const project = { extends: './tsconfig.json', include: [], files }
    writeFileSync(join(folder, 'tsconfig.page.json'), JSON.stringify(project))
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const { code, output } = run(process.execPath, [tsc, '--project', 'tsconfig.page.json'])
    expect(output).toBe('')
    expect(code).toBe(0)
  })
})
