import js from '@eslint/js'
import tseslint from 'typescript-eslint'
import { privateWordsRule } from './scripts/lint/private-words.mjs'
import { slowPatterns } from './scripts/lint/slow-patterns.mjs'

/** Size and complexity limits (see AGENTS.md): held for the product; tests may be longer. */
const limits = {
  'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
  complexity: ['error', 12],
  'max-depth': ['error', 3],
}

/** Folders whose identifiers hold no private word any more. */
const WORDS_HELD = [
  'src/budget',
  'src/framing',
  'src/messages',
  'src/protocols/anthropic',
  'src/cli',
  'src/gateway',
  'src/pricing',
  'src/protocols',
  'src/providers',
  'src/server',
  'src/store',
  'src/transforms',
  'src/upstream',
  'src/user-code',
  'test/chaos',
  'test/conformance',
  'test/e2e',
  'test/live',
  'test/repo',
  'test/support',
]

export default tseslint.config(
  { ignores: ['dist', 'coverage', 'reports', '.mutants', '**/node_modules'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...limits,
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'no-console': 'error',
      'no-duplicate-imports': 'error',
    },
  },
  {
    files: WORDS_HELD.map((folder) => `${folder}/**/*.ts`),
    plugins: { words: { rules: { 'private-words': privateWordsRule } } },
    rules: { 'words/private-words': 'error' },
  },
  {
    // `asked` is a field of `/control/routes`.
    files: ['src/gateway/telemetry/*.ts', 'src/gateway/budgets.test.ts'],
    rules: { 'words/private-words': ['error', { allow: ['asked'] }] },
  },
  {
    // Texts of others reach nearly every pattern of the product.
    files: ['src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    plugins: { ccr: { rules: { 'slow-patterns': slowPatterns } } },
    rules: { 'ccr/slow-patterns': 'error' },
  },
  {
    files: ['**/*.test.ts', 'test/**', 'bench/**'],
    rules: {
      'max-lines': 'off',
      complexity: 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}', 'vitest.config.ts', 'test/support/reporter.ts'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
        setInterval: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        module: 'writable',
        AbortController: 'readonly',
        AbortSignal: 'readonly',
        DOMException: 'readonly',
        performance: 'readonly',
      },
    },
    rules: { 'no-console': 'off', 'no-restricted-exports': 'off' },
  },
)
