/** What would be ignored silently in the transformers of a config. */
import { isObject } from '../../lib/json.ts'
import { basename, extname } from 'node:path'
import { suggest } from '../../lib/suggest.ts'
import type { Diagnostic } from '../check.ts'
import type { Path } from '../parse/json5-locations.ts'
import { providersOf } from '../provider-list.ts'
import type { ConfigInput } from '../schema/schema.ts'
import { TRANSFORMERS, usedTransformers } from '../schema/transformer.ts'

const SHAPE = '{ "use": ["name", ["name", { … }]] }'

/** Plug-ins that are passed around as single files. */
const PLUGINS = ['gemini-cli', 'qwen-cli', 'rovo-cli', 'chutes-glm']

/** Remarks on each provider's `transformer`, and on `transformers`. */
export function transformerWarnings(input: ConfigInput): Diagnostic[] {
  const modules = moduleWarnings(input.transformers)
  const files = modulesOf(input.transformers).flatMap(pathIn).map(fileName)
  const ofProviders = providersOf(input).flatMap(({ provider, path: providerPath }) => {
    const { transformer, models = [], api_base_url: url } = provider
    const path = [...providerPath, 'transformer']
    return transformer === undefined || transformer === null || transformer === ''
      ? []
      : [
          ...providerWarnings(transformer, { path, models: models.map(({ id }) => id), files }),
          ...apiWarnings(transformer, url, path),
        ]
  })
  return [...ofProviders, ...modules]
}

const APIS: readonly { api: string; names: readonly string[]; path: RegExp }[] = [
  { api: 'Anthropic Messages', names: ['anthropic'], path: /\/messages\/?$/ },
  { api: 'Chat Completions', names: ['openai'], path: /\/chat\/completions\/?$/ },
  { api: 'Responses', names: ['openai-responses'], path: /\/responses\/?$/ },
  {
    api: 'generateContent',
    names: ['gemini'],
    path: /\/v1beta\/models\/?$|:(stream)?generateContent$/i,
  },
]

/** A built-in transformer that names another API than the endpoint does. */
function apiWarnings(transformer: unknown, url: string | undefined, path: Path): Diagnostic[] {
  if (url === undefined) return []
  const { pathname } = new URL(url)
  const posted = APIS.find((one) => one.path.test(pathname))
  if (posted === undefined) return []
  return usedTransformers(transformer).flatMap(({ name }, index) => {
    const named = APIS.find(({ names }) => names.includes(name))
    if (named === undefined || named === posted) return []
    const text = `this provider is called with ${named.api} because of "${name}", although its api_base_url is an endpoint of ${posted.api}; remove one of them`
    return [{ path: [...path, 'use', index], text }]
  })
}

interface TransformerContext {
  readonly path: Path
  readonly models: readonly string[]
  /** The user's modules, by file; what their transformers are called is known when they are loaded. */
  readonly files: readonly string[]
}

function providerWarnings(transformer: unknown, context: TransformerContext): Diagnostic[] {
  if (!isObject(transformer)) {
    return [{ path: context.path, text: `transformer is ignored; expected ${SHAPE}` }]
  }
  return Object.entries(transformer).flatMap(([key, value]) => {
    if (key === 'use') return useWarnings(value, [...context.path, 'use'], context.files)
    const path = [...context.path, key]
    const [meant] = context.models.includes(key) ? [] : suggest(key, context.models, 1)
    const slip =
      meant === undefined
        ? []
        : [{ path, atKey: true, text: `no model "${key}" is listed; did you mean "${meant}"?` }]
    return [...slip, ...modelWarnings(value, path, context.files)]
  })
}

function modelWarnings(value: unknown, path: Path, files: readonly string[]): Diagnostic[] {
  const key = JSON.stringify(path.at(-1))
  if (!isObject(value) || value['use'] === undefined) {
    return [{ path, text: `transformer[${key}] is ignored; expected ${SHAPE}` }]
  }
  return useWarnings(value['use'], [...path, 'use'], files)
}

function useWarnings(use: unknown, path: Path, files: readonly string[]): Diagnostic[] {
  if (!Array.isArray(use)) {
    return [{ path, text: 'use is ignored; expected a list: ["name", ["name", { … }]]' }]
  }
  return use.flatMap((entry: unknown, index) => {
    const name: unknown = Array.isArray(entry) ? entry[0] : entry
    const at = [...path, index]
    if (typeof name !== 'string') {
      return [{ path: at, text: 'this is ignored; expected "name" or ["name", { … }]' }]
    }
    const text = nameWarning(name.trim(), files)
    return text === undefined ? [] : [{ path: at, text }]
  })
}

function nameWarning(name: string, files: readonly string[]): string | undefined {
  const lower = name.toLowerCase()
  const known = [...TRANSFORMERS, ...files]
  if (known.some((one) => one.toLowerCase() === lower)) return undefined
  // Blank counts as unset; a variable that is not set has its own remark.
  if (name === '' || name.includes('$')) return undefined
  const [meant] = suggest(name, known, 1)
  if (files.length > 0) return meant === undefined ? undefined : besideModules(name, meant)
  if (PLUGINS.includes(lower)) {
    return `the transformer "${name}" is a plug-in; put its file under transformers: [{ "path": … }]`
  }
  const advice = meant === undefined ? '' : `; did you mean "${meant}"?`
  return `there is no transformer "${name}"; it is ignored${advice}`
}

function besideModules(name: string, meant: string): string {
  return `"${name}" is ignored unless a module of yours calls itself so; did you mean "${meant}"?`
}

/** `my-transformer` of `plugins/my-transformer.js`: what a module is called that does not say. */
function fileName(path: string): string {
  return basename(path, extname(path))
}

function modulesOf(transformers: unknown): readonly unknown[] {
  return Array.isArray(transformers) ? (transformers as unknown[]) : []
}

/** The path of a module; none where it has none. */
function pathIn(entry: unknown): string[] {
  const path = isObject(entry) ? entry['path'] : undefined
  return typeof path === 'string' && path.trim() !== '' ? [path.trim()] : []
}

function moduleWarnings(transformers: unknown): Diagnostic[] {
  if (transformers === undefined || transformers === null || transformers === '') return []
  const expected =
    'expected modules of your own: [{ "path": "my-transformer.js", "options": { … } }]'
  if (!Array.isArray(transformers)) {
    return [{ path: ['transformers'], text: `transformers is ignored; ${expected}` }]
  }
  const use = 'a provider names a built-in one in its own transformer.use'
  return modulesOf(transformers).flatMap((entry, index) =>
    pathIn(entry).length > 0
      ? []
      : [{ path: ['transformers', index], text: `this has no path and is ignored; ${use}` }],
  )
}
