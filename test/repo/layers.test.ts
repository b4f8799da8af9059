/** The table of layers lists the imports that exist and no others: an unused permission fails. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

interface Rule {
  readonly name: string
  readonly comment?: string
}

const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
  readonly forbidden: readonly Rule[]
}

/** `src/x may import: a, b` of each rule of a layer, as x -> [a, b]. */
const allowed = forbidden
  .filter(({ name }) => name.startsWith('layer-'))
  .map(({ name, comment = '' }) => ({
    layer: name.slice('layer-'.length),
    imports: comment.endsWith('nothing of src/') ? [] : (comment.split(': ')[1] ?? '').split(', '),
  }))

/** The folders of src/ that the product's code in `layer` imports. */
function importsOf(layer: string): ReadonlySet<string> {
  const folder = join(root, 'src', layer)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  const targets = files.flatMap((name) => {
    const code = readFileSync(join(folder, name), 'utf8')
    const specifiers = [...code.matchAll(/(?:from|import\() ?'(\.[^']+)'/g)]
    return specifiers.map(([, path = '']) => join('src', layer, dirname(name), path))
  })
  return new Set(targets.map((path) => path.replaceAll('\\', '/').split('/')[1] ?? ''))
}

test('every folder of src/ has its line', () => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
  expect(allowed.map(({ layer }) => layer).sort()).toEqual(folders.sort())
})

test.each(allowed)('every import that src/$layer is allowed is there', ({ layer, imports }) => {
  const used = importsOf(layer)
  expect(imports.filter((one) => !used.has(one))).toEqual([])
})
