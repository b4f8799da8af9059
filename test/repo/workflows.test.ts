/** The public CI: what runs there is pinned, and may do no more than it needs. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const folder = new URL('../../.github/workflows/', import.meta.url)
const files = readdirSync(folder)

describe.each(files)('.github/workflows/%s', (file) => {
  const text = readFileSync(new URL(file, folder), 'utf8')

  it('pins each action to a commit, and says which version that is', () => {
    const uses = [...text.matchAll(/uses: (.+)$/gm)].map((match) => match[1] ?? '')
    expect(uses.length).toBeGreaterThan(0)
    expect(uses.filter((one) => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(one))).toEqual([])
  })

  it('may nothing by default but read', () => {
    expect(text).toMatch(/^permissions:(?: \{\}|\n {2}contents: read)$/m)
  })

  it('runs no install script of others, and keeps no credentials in the checkout', () => {
    expect(text.match(/npm (?:ci|install)\b(?!.*--ignore-scripts)/g)).toBeNull()
    const checkouts = text.match(/uses: actions\/checkout@/g)?.length
    expect(text.match(/persist-credentials: false/g)?.length).toBe(checkouts)
  })

  it('puts no text of others into a shell', () => {
    const scripts = [...text.matchAll(/run: (.*)$/gm)].map((match) => match[1] ?? '')
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([])
  })
})
