/** Loads a config file: parsed, normalized, interpolated, checked, and given its defaults. */
import { providersKey } from './provider-list.ts'
import { dirname, resolve } from 'node:path'
import { counted } from '../lib/counted.ts'
import { authorityProblems } from './diagnostics/certificate-authorities.ts'
import { check, type Diagnostic } from './check.ts'
import { ConfigError } from './config-error.ts'
import {
  type Config,
  type ProviderConfig,
  type ProviderTimeouts,
  type RouterConfig,
} from './config.ts'
import { DEFAULTS } from './defaults.ts'
import { DEMO_MODELS, DEMO_PROVIDER, isDemoName } from './demo.ts'
import { extensionsOf, missingFiles, pathOf } from './user-files.ts'
import { interpolate, type VariableUse } from './parse/interpolate.ts'
import type { Env } from '../lib/env.ts'
import { isProviderList } from './schema/keys.ts'
import { keyVariableOf } from './key-advice.ts'
import { normalizeConfig } from './legacy-formats.ts'
import { lendOf } from './lend.ts'
import { keyOffset, type Node, nodeAt, outline, locationOf } from './parse/json5-locations.ts'
import { parseSource, readSource } from './parse/read.ts'
import { type ListedModel, modelDetails } from './schema/models.ts'
import type { ConfigInput, ProviderInput } from './schema/schema.ts'
import { trimmedNames } from './preferences.ts'
import { isKeyPath } from './secret-names.ts'
import { configWarnings } from './diagnostics/warnings.ts'

export { defaultConfigFile } from './defaults.ts'

/**
 * The checked config of `file` (JSON5), with `$VAR` and `${VAR}` taken from `env`. Writes nothing.
 * Throws `ConfigError`, which names everything that is wrong with line and column. A provider whose
 * key or endpoint refers to an unset variable is not an error: its `missing` names the variable.
 */
export function loadConfig(file: string, env: Env): Config {
  const path = resolve(file)
  return configOf(path, readSource(path), env)
}

/** The same for a text that is in the file, or is about to be written there. */
export function configOf(path: string, source: string, env: Env): Config {
  const written = parseSource(path, source)
  const usual = normalizeConfig({ value: written, node: outline(source) })
  const { value, uses } = interpolate(usual.value, env)
  const { input, problems, leftOut } = check(usual.value, value, uses)
  const text: Text = { file: path, source, root: usual.node }
  const wrong = [...problems, ...authorityProblems(input, path)]
  if (input === undefined || wrong.length > 0) throw configError(text, wrong)
  const extensions = extensionsOf(input, path)
  const found = [
    ...configWarnings({ input, uses, root: text.root, env }),
    ...missingFiles(input, path),
  ]
  const warnings = located(text, [...usual.diagnostics, ...leftOut, ...found])
  const list = providers(input, uses, dirname(path))
  return {
    ...settings(input),
    caFile: pathOf(input.CA_FILE, dirname(path)),
    file: path,
    providers: list,
    router: (input.Router ?? {}) as RouterConfig,
    preferences: trimmedNames(input.Preferences ?? {}),
    prices: input.Prices ?? {},
    budgets: input.Budgets ?? [],
    lend: lendOf(input, uses),
    usage: {
      record: input.Usage?.record ?? DEFAULTS.usage.record,
      keepDays: input.Usage?.keepDays ?? DEFAULTS.usage.keepDays,
    },
    fallback: input.fallback ?? {},
    extensions,
    variables: namesOf(uses),
    keyVariables: namesOf(uses.filter(({ path: at }) => isKeyPath(at))),
    warnings: warnings.map(({ line }) => line),
    providerWarnings: byProvider(warnings, input, list),
    mistakes: warnings.filter(({ diagnostic }) => diagnostic.isMistake).map(({ line }) => line),
  }
}

/** The warnings about each provider of the config, without certain mistakes. */
function byProvider(
  warnings: readonly { readonly diagnostic: Diagnostic; readonly line: string }[],
  input: ConfigInput,
  list: readonly ProviderConfig[],
): Config['providerWarnings'] {
  const names = (input.Providers ?? input.providers ?? []).map(({ name }) => name)
  const known = new Set(list.map(({ name }) => name))
  const found = new Map<string, string[]>()
  for (const { diagnostic, line } of warnings) {
    const [first, index] = diagnostic.path
    const name = isProviderList(first) && typeof index === 'number' ? names[index] : undefined
    if (name === undefined || !known.has(name) || diagnostic.isMistake) continue
    found.set(name, [...(found.get(name) ?? []), line])
  }
  return Object.fromEntries(found)
}

function namesOf(uses: readonly VariableUse[]): string[] {
  return [...new Set(uses.map(({ variable }) => variable))]
}

function settings(input: ConfigInput) {
  const proxies = [input.PROXY_URL, input.HTTPS_PROXY, input.https_proxy, input.httpsProxy]
  return {
    port: input.PORT ?? DEFAULTS.port,
    host: input.HOST ?? DEFAULTS.host,
    apiKey: input.APIKEY ?? DEFAULTS.apiKey,
    requireToken: input.REQUIRE_TOKEN ?? DEFAULTS.requireToken,
    log: input.LOG ?? DEFAULTS.log,
    logLevel: input.LOG_LEVEL ?? DEFAULTS.logLevel,
    apiTimeoutMs: input.API_TIMEOUT_MS ?? DEFAULTS.apiTimeoutMs,
    pingAfterMs: input.PING_AFTER_MS ?? DEFAULTS.pingAfterMs,
    proxyUrl: proxies.find((url) => url !== undefined) ?? DEFAULTS.proxyUrl,
    claudePath: input.CLAUDE_PATH ?? DEFAULTS.claudePath,
    nonInteractive: input.NON_INTERACTIVE_MODE ?? DEFAULTS.nonInteractive,
    retry: retry(input),
    requestCache: requestCache(input),
  }
}

function requestCache({ REQUEST_CACHE: input = DEFAULTS.requestCache }: ConfigInput): boolean {
  return input
}

function retry({ Retry: input = {} }: ConfigInput): Config['retry'] {
  const { repeats, repeatWithinMs, afterSend } = DEFAULTS.retry
  return {
    repeats: input.attempts ?? repeats,
    repeatWithinMs: input.withinMs ?? repeatWithinMs,
    afterSend: input.afterSend ?? afterSend,
  }
}

/** The first of each name, in the order of the file. */
function providers(
  input: ConfigInput,
  uses: readonly VariableUse[],
  folder: string,
): ProviderConfig[] {
  const list = providersKey(input)
  const byName = new Map<string, ProviderConfig>()
  for (const [index, written] of (input[list] ?? []).entries()) {
    const read = isDemoName(written.name)
      ? demo(written)
      : {
          ...provider(written, missing(uses, list, index)),
          ...keyVariable(uses, list, index),
          ...authority(written, folder),
        }
    if (isWhole(read) && !byName.has(read.name)) byName.set(read.name, read)
  }
  return [...byName.values()]
}

/** Whether a provider is complete but for the values of variables; others are left out with a warning. */
function isWhole({ name, url, missing }: ProviderConfig): boolean {
  return name !== '' && (url !== '' || missing.length > 0 || isDemoName(name))
}

function provider(written: ProviderInput, missing: readonly string[]): ProviderConfig {
  const pool = written.credentials ?? []
  const keys = pool.length > 0 ? pool : (written.api_key ?? [])
  return {
    name: written.name ?? '',
    url: written.api_base_url ?? '',
    apiKey: keys[0] ?? '',
    ...(keys.length > 1 ? { apiKeys: keys } : {}),
    ...offered(written.models ?? []),
    ...extras(written),
    missing,
  }
}

/** `"*"` stands for every model. An id may be listed twice, as text and as an object. */
function offered(
  written: readonly ListedModel[],
): Pick<ProviderConfig, 'models' | 'takesAny' | 'modelDetails'> {
  const ids = new Set(written.map(({ id }) => id))
  const takesAny = ids.delete('*')
  const details = modelDetails(written)
  return {
    models: [...ids],
    ...(takesAny ? { takesAny } : {}),
    ...(details === undefined ? {} : { modelDetails: details }),
  }
}

function authority({ ca_file: file }: ProviderInput, folder: string): Partial<ProviderConfig> {
  return file === undefined ? {} : { caFile: pathOf(file, folder) }
}

/** The optional settings, which most providers do not have. */
function extras(written: ProviderInput): Partial<ProviderConfig> {
  return {
    ...(written.fallback === undefined ? {} : { fallback: written.fallback }),
    ...(written.contextWindow === undefined ? {} : { contextWindow: written.contextWindow }),
    ...(written.timeouts === undefined ? {} : { timeouts: written.timeouts as ProviderTimeouts }),
    ...(written.headers === undefined ? {} : { headers: written.headers }),
    ...(written.transformer === undefined ? {} : { transformer: written.transformer }),
  }
}

/** The built-in provider: whatever the config says, it needs neither endpoint nor key. */
function demo(written: ProviderInput): ProviderConfig {
  const { models } = offered(written.models ?? [])
  return {
    ...provider(written, []),
    name: DEMO_PROVIDER,
    url: '',
    models: models.length === 0 ? DEMO_MODELS : models,
  }
}

/** The keys that a call to a provider needs. */
const CALLED_WITH: ReadonlySet<unknown> = new Set([
  'api_key',
  'credentials',
  'api_base_url',
  'headers',
  'ca_file',
])

/** The unset variables without which the provider cannot be called. */
function missing(uses: readonly VariableUse[], list: string, index: number): string[] {
  const names = uses
    .filter(({ path, set }) => !set && path[0] === list && path[1] === index)
    .filter(({ path: [, , key] }) => CALLED_WITH.has(key))
    .map(({ variable }) => variable)
  return [...new Set(names)]
}

function keyVariable(
  uses: readonly VariableUse[],
  list: string,
  index: number,
): Pick<ProviderConfig, 'keyVariable'> {
  const variable = keyVariableOf(uses, [list, index])
  return variable === undefined ? {} : { keyVariable: variable }
}

interface Text {
  readonly file: string
  readonly source: string
  readonly root: Node
}

function configError(text: Text, problems: readonly Diagnostic[]): ConfigError {
  const [first, ...others] = located(text, problems)
  const message = [first, ...others].map((problem) => problem?.line).join('\n')
  const { file } = text
  const location = first?.location ?? { line: 1, column: 1 }
  const more = others.length === 0 ? '' : ` and ${counted(others.length, 'other place')}`
  return new ConfigError(message, {
    file,
    ...location,
    hint: `Correct line ${location.line}${more} in ${file}.`,
  })
}

/** The diagnostics in the order of the text, each as a line that begins with `FILE:LINE:COL: `. */
function located(text: Text, list: readonly Diagnostic[]) {
  return list
    .map((diagnostic) => ({ diagnostic, offset: offsetOf(text.root, diagnostic) }))
    .sort((a, b) => a.offset - b.offset)
    .map(({ diagnostic, offset }) => {
      const location = locationOf(text.source, offset)
      const { line, column } = location
      return { diagnostic, location, line: `${text.file}:${line}:${column}: ${diagnostic.text}` }
    })
}

function offsetOf(root: Node, { path, atKey }: Diagnostic): number {
  return atKey === true ? keyOffset(root, path) : nodeAt(root, path).start
}
