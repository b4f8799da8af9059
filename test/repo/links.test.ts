/** The documents: links, anchors and the paths that they name lead somewhere. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const FOLDERS = ['docs', 'examples', '.github', 'src', 'test', 'bench', 'scripts']

const PAGES = [
  ...readdirSync(ROOT),
  ...FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
      (file) => `${folder}/${file.replaceAll('\\', '/')}`,
    ),
  ),
].filter((file) => file.endsWith('.md') && !file.includes('node_modules'))

/** The text of a page without what stands in code. */
function prose(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
    .replaceAll(/^( *)(`{3,}|~{3,})[^]*?^\1\2/gm, '')
    .replaceAll(/`[^`\n]*`/g, '')
}

/** The targets of links and pictures that stay within the repository. */
function linksOf(file: string): string[] {
  const inline = [...prose(file).matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g)]
  const named = [...prose(file).matchAll(/^\[[^\]]+\]: (\S+)/gm)]
  return [...inline, ...named]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z][a-z\d+.-]*:/i.test(target))
}

/** The anchors that GitHub makes of the headings. */
function anchorsOf(file: string): Set<string> {
  const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/^```[^]*?^```/gm, '')
  const anchors = new Set<string>()
  for (const [, heading = ''] of text.matchAll(/^#{1,6} +(.+)$/gm)) {
    const plain = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase()
    const slug = plain.replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '').replaceAll(' ', '-')
    let anchor = slug
    for (let n = 1; anchors.has(anchor); n += 1) anchor = `${slug}-${String(n)}`
    anchors.add(anchor)
  }
  return anchors
}

/** What is wrong with a link; undefined when it leads somewhere. */
function broken(file: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? file : relative(ROOT, join(ROOT, dirname(file), decodeURI(path)))
  if (!existsSync(join(ROOT, target))) return `${link}: no such file`
  if (anchor === undefined) return undefined
  if (statSync(join(ROOT, target)).isDirectory()) return `${link}: a folder has no headings`
  return anchorsOf(target).has(anchor) ? undefined : `${link}: no such heading`
}

describe('links of the documents', () => {
  it.each(PAGES)('%s', (file) => {
    const wrong = linksOf(file).map((link) => broken(file, link))
    expect(wrong.filter((one) => one !== undefined)).toEqual([])
  })
})

/** What the changelog names may have moved since. */
const CURRENT = PAGES.filter((file) => file !== 'CHANGELOG.md')

describe('paths in backquotes', () => {
  it.each(CURRENT)('%s', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8')
    const paths = [...text.matchAll(/`((?:src|test|bench|docs|scripts|\.ci)\/[^`\s*…{<]*)`/g)]
    const missing = paths.filter(([, path = '']) => !existsSync(join(ROOT, path)))
    expect(missing.map(([, path]) => path)).toEqual([])
  })
})

describe('docs/pictures', () => {
  const FOLDER = join(ROOT, 'docs/pictures')

  it.each(readdirSync(FOLDER))('%s is small and loads nothing', (name) => {
    const picture = readFileSync(join(FOLDER, name), 'utf8')
    expect(picture.length).toBeLessThan(40_000)
    const outside = picture.replaceAll('http://www.w3.org/2000/svg', '')
    expect(outside).not.toMatch(/<script|<image|<foreignObject|href=|url\(|@import|https?:/i)
  })
})

describe('docs/troubleshooting.md', () => {
  /** The product's texts: what is split over lines joined, quotes as they are printed. */
  const code = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(ROOT, 'src', file), 'utf8'))
    .join('\n')
    .replaceAll(/['"`] \+\s+['"`]/g, '')

  const quoted = [
    ...readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8').matchAll(/^> (.+)$/gm),
  ].map(([, message = '']) => message)

  it.each(quoted)('ccr can say: %s', (message) => {
    const parts = message.split(/…|: /).map((part) => part.trim())
    const words = parts.filter((part) => /\w{3}/.test(part))
    expect(words.length).toBeGreaterThan(0)
    expect(words.filter((part) => !code.includes(part))).toEqual([])
  })
})
