/**
 * Where a fault would hurt most, and how many of its mutants the tests notice: `held` is what a run
 * of the whole folder has shown, in percent, and what it may not fall below. The goal is 85 for each.
 * `tests` are those that are run for it; all that import its code where they are not named. They load
 * the code once, rather than file by file, where `isolate` is false: four times as quick, for tests that
 * keep nothing. The figures and what is left: docs/mutants.md.
 */

/** Of the protocols those files that read answers; what writes requests is held by the conformance suite. */
const DECODERS = {
  anthropic: 'repair-events repair-message repair-stream response stream-inspector',
  'bedrock-converse': 'response',
  gemini: 'response',
  'openai-chat':
    'response response-reasoning response-stop-reason response-text response-tool-calls',
  'openai-responses': 'response response-items response-tool-calls',
}

const decoders = Object.entries(DECODERS).flatMap(([protocol, files]) =>
  files.split(' ').map((file) => `src/protocols/${protocol}/${file}.ts`),
)

export const FOLDERS = {
  budget: {
    files: ['src/budget/'],
    tests: ['src/budget/*.test.ts', 'src/gateway/*.test.ts'],
    held: 85,
  },
  gateway: { files: ['src/gateway/'], tests: ['src/gateway/**/*.test.ts'], held: 85 },
  upstream: { files: ['src/upstream/'], tests: ['src/upstream/*.test.ts'], held: 86 },
  session: { files: ['src/session/'], tests: ['src/session/*.test.ts'], held: 95 },
  store: { files: ['src/store/'], tests: ['src/store/*.test.ts'], held: 85 },
  routing: { files: ['src/routing/'], tests: ['src/routing/*.test.ts'], held: 86 },
  messages: { files: ['src/messages/'], tests: ['src/messages/*.test.ts'], held: 95 },
  config: { files: ['src/config/'], tests: ['src/config/**/*.test.ts'], held: 94 },
  server: { files: ['src/server/'], tests: ['src/server/*.test.ts'], held: 92 },
  decoders: { files: decoders, tests: ['src/protocols/**/*.test.ts'], isolate: false, held: 95 },
}
