import { expect, it } from 'vitest'
import { runsByItself } from './self-running.ts'

it.each([
  '.husky/pre-commit',
  '.vscode/tasks.json',
  'sub/.VSCODE/settings.json',
  '.claude/settings.json',
  '.mcp.json',
  '.envrc',
  'a/.gitattributes',
  '.github/workflows/ci.yml',
  'package.json',
  'web/.npmrc',
  'Makefile',
  'build.rs',
  'x.code-workspace',
])('%s runs by itself', (path) => {
  expect(runsByItself(path)).toBe(true)
})

it.each(['src/vscode/x.ts', 'README.md', 'docs/makefile.md', 'my-package.json', '.github/x.md'])(
  '%s does not',
  (path) => {
    expect(runsByItself(path)).toBe(false)
  },
)
