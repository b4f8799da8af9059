/**
 * The allowed imports between the folders of src/ (see AGENTS.md): each layer names the
 * layers below it. A folder that is not listed may import nothing.
 */
const LAYERS = {
  lib: [],
  messages: ['lib'],
  config: ['lib', 'messages'],
  formats: ['lib', 'messages', 'config'],
  framing: ['lib', 'messages', 'config'],
  routing: ['lib', 'messages', 'config'],
  providers: ['lib', 'messages', 'config', 'formats', 'framing', 'routing'],
  transforms: ['lib', 'messages', 'config', 'formats', 'framing', 'routing'],
  store: ['lib'],
  session: ['lib', 'config'],
  demo: ['lib'],
}
LAYERS.extensions = [...LAYERS.providers, 'providers', 'transforms']
LAYERS.upstream = [...LAYERS.extensions, 'extensions', 'store']
LAYERS.gateway = [...LAYERS.upstream, 'upstream']
LAYERS.server = [...LAYERS.gateway, 'gateway']
LAYERS.daemon = [...LAYERS.server, 'server', 'session', 'demo']
LAYERS.cli = [...LAYERS.daemon, 'daemon']

const PURE = ['messages', 'formats', 'framing', 'routing']

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
