/** The public CI: what runs there is pinned, exists, and may do no more than it needs. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')
const files = readdirSync(new URL('.github/workflows/', root))
const { scripts: npmScripts } = JSON.parse(read('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>
}

/** The shell scripts of a workflow: `run: …` on one line, or the lines below `run: |`. */
function scriptsIn(text: string): string[] {
  const scripts: string[] = []
  let block: { readonly indent: number; readonly lines: string[] } | undefined
  for (const line of text.split('\n')) {
    const indent = line.search(/\S/)
    if (block !== undefined && (indent > block.indent || indent === -1)) {
      block.lines.push(line.trim())
      continue
    }
    if (block !== undefined) scripts.push(block.lines.join('\n'))
    block = undefined
    const found = /^( *(?:- )?)run: (.*)$/.exec(line)
    if (found === null) continue
    const [, start = '', script = ''] = found
    if (script === '|') block = { indent: start.length, lines: [] }
    else scripts.push(script)
  }
  if (block !== undefined) scripts.push(block.lines.join('\n'))
  return scripts
}

describe.each(files)('.github/workflows/%s', (file) => {
  const text = read(`.github/workflows/${file}`)
  const scripts = scriptsIn(text)

  it('pins each action to a commit, and says which version that is', () => {
    const uses = [...text.matchAll(/uses: (.+)$/gm)].map((match) => match[1] ?? '')
    expect(uses.length).toBeGreaterThan(0)
    expect(uses.filter((one) => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(one))).toEqual([])
  })

  it('may only read by default', () => {
    expect(text).toMatch(/^permissions:(?: \{\}|\n {2}contents: read)$/m)
  })

  it('limits the time of each job', () => {
    const limits = text.match(/^ {4}timeout-minutes: \d+$/gm)?.length
    expect(limits).toBe(text.match(/^ {4}runs-on: /gm)?.length)
  })

  it('runs no install script of dependencies, and keeps no credentials in the checkout', () => {
    expect(text.match(/npm (?:ci|install)\b(?!.*--ignore-scripts)/g)).toBeNull()
    const checkouts = text.match(/uses: actions\/checkout@/g)?.length
    expect(text.match(/persist-credentials: false/g)?.length).toBe(checkouts)
  })

  it('puts no expression into a shell script', () => {
    expect(scripts.length).toBeGreaterThan(0)
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([])
  })

  it('runs only scripts that package.json has', () => {
    const names = scripts.flatMap((script) =>
      [...script.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? ''),
    )
    expect(names.filter((name) => npmScripts[name] === undefined)).toEqual([])
  })

  it('names only suites that .ci/suites.mjs has', () => {
    const suites = [...read('.ci/suites.mjs').matchAll(/(?:suite|begin|step)\(\s*['`]([^'`]+)/g)]
    const words = scripts.flatMap((script) =>
      [...script.matchAll(/\.ci\/run (.+)$/gm)].flatMap((match) => (match[1] ?? '').split(' ')),
    )
    const unknown = words.filter((word) => !suites.some(([, name = '']) => name.includes(word)))
    expect(unknown).toEqual([])
  })
})
