/**
 * The imports between the folders of src/ (see docs/architecture.md): each folder names the folders
 * that it imports, and no others. A permission that nothing uses fails test/repo/layers.test.ts. A
 * folder that is not listed may import nothing.
 */
const LAYERS = {
  lib: [],
  messages: ['lib'],
  config: ['lib'],
  pricing: ['messages'],
  store: ['lib'],
  session: ['lib', 'config', 'routing', 'providers'],
  demo: ['lib'],
  framing: ['lib', 'messages'],
  routing: ['lib', 'messages', 'config'],
  protocols: ['lib', 'messages', 'pricing'],
  providers: ['lib', 'messages', 'config', 'pricing', 'protocols'],
  transforms: ['lib', 'messages', 'config', 'protocols'],
  'user-code': ['lib', 'messages', 'config', 'protocols'],
  upstream: ['lib', 'messages', 'config', 'providers'],
  budget: ['lib', 'messages', 'config', 'store'],
  gateway: [
    'lib',
    'messages',
    'config',
    'pricing',
    'store',
    'framing',
    'routing',
    'protocols',
    'providers',
    'transforms',
    'user-code',
    'upstream',
    'budget',
  ],
  server: ['lib', 'messages', 'gateway'],
  daemon: ['lib', 'messages', 'config', 'store', 'session', 'demo', 'budget', 'gateway', 'server'],
  cli: [
    'lib',
    'messages',
    'config',
    'pricing',
    'store',
    'session',
    'framing',
    'routing',
    'providers',
    'transforms',
    'budget',
    'gateway',
    'server',
    'daemon',
  ],
}

const PURE = ['messages', 'pricing', 'protocols', 'framing', 'routing']

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'pure-layers-use-no-node',
      comment:
        'messages, formats, framing and routing use only string_decoder, crypto and zlib of node:*',
      severity: 'error',
      from: { path: `^src/(${PURE.join('|')})/`, pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'], pathNot: '^(string_decoder|crypto|zlib)$' },
    },
    {
      name: 'product-imports-no-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '(^test/|\\.test\\.ts$)' },
    },
    ...Object.entries(LAYERS).map(([layer, allowed]) => ({
      name: `layer-${layer}`,
      comment: `src/${layer} may import: ${allowed.join(', ') || 'nothing of src/'}`,
      severity: 'error',
      from: { path: `^src/${layer}/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: `^src/(${[layer, ...allowed].join('|')})/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
}
