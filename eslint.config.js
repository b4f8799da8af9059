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

/** Private words in the fields of files and answers whose names stay: session.json, /control/routes. */
const FIELDS = ['asked', 'ownConfig']

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
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    // Fields of recorded configs and of the runs of ccr compare.
    ignores: ['test/recorded/configs.test.ts', 'test/integration/planted-text.test.ts'],
    plugins: { words: { rules: { 'private-words': privateWordsRule } } },
    rules: { 'words/private-words': ['error', { allow: FIELDS }] },
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
