/** What every provider must have, as sentences that say what is missing and where it goes. */
import catalogue from '../../src/providers/catalogue/catalogue.json' with { type: 'json' }
import { modelDetails } from '../../src/providers/catalogue/catalogue.ts'
import { hasHost, plainName } from '../../src/providers/configured/recognise.ts'
import type { None, ProviderDefinition, Sourced } from '../../src/providers/definition.ts'
import { liveRowsOf } from '../live/rows.ts'

/** What a definition lacks by itself; none if it is complete. */
export function missingIn(provider: ProviderDefinition): readonly string[] {
  const checks = [host, sources, reasoning, init, live, models, docs]
  return checks
    .flatMap((check) => check(provider))
    .map((sentence) => `src/providers/${provider.id}.ts: ${sentence}`)
}

function host({ kind, hosts }: ProviderDefinition): readonly string[] {
  if (kind === 'local' || hosts.length > 0) return []
  return ['`hosts` is empty: put the host of its API there, such as `api.acme.example`.']
}

const SOURCE = /https:\/\/\S+|^fixture \S+|"[^"]+"|^(?:src|docs)\/\S+$/

function sources(provider: ProviderDefinition): readonly string[] {
  return sourcedFields(provider)
    .filter(([, { source }]) => !SOURCE.test(source))
    .map(
      ([field]) =>
        `\`${field}\` has no source: give \`sourced\` a URL, \`fixture NAME\`, or the server’s answer in quotation marks.`,
    )
}

type Fact = readonly [field: string, fact: Pick<Sourced<unknown>, 'source'>]

/** The fields of a definition that carry a source. */
export function sourcedFields(provider: ProviderDefinition): readonly Fact[] {
  const { quirks = {}, geminiQuirks = {}, reasoning: rules, webSearch, cost } = provider
  const fields = (name: string, facts: Readonly<Record<string, Sourced<unknown> | undefined>>) =>
    Object.entries(facts).flatMap(([field, fact]): Fact[] =>
      fact ? [[`${name}.${field}`, fact]] : [],
    )
  return [
    ...fields('quirks', quirks),
    ...fields('geminiQuirks', geminiQuirks),
    ...('none' in rules ? [] : [['reasoning', rules] as const]),
    ...(webSearch ? [['webSearch', webSearch] as const] : []),
    ...(cost ? [['cost', cost] as const] : []),
    ...(provider.modelProtocols ?? []).map((one): Fact => ['modelProtocols', one]),
  ]
}

/** A reason is a few words, not a blank. */
function reason(field: string, { none }: None): readonly string[] {
  if (/\w+ \w+/.test(none)) return []
  return [`\`${field}.none\` gives no reason: say in a few words why there is none.`]
}

function reasoning({ reasoning: rules }: ProviderDefinition): readonly string[] {
  if ('none' in rules) return reason('reasoning', rules)
  if (rules.value.length === 0) {
    return ['`reasoning` has no rule: name the field that takes the effort, or give `{ none }`.']
  }
  return rules.value.flatMap(({ effort, toggle }, n) =>
    effort === undefined && toggle === undefined
      ? [`rule ${String(n + 1)} of \`reasoning\` has neither \`effort\` nor \`toggle\`.`]
      : [],
  )
}

function init(provider: ProviderDefinition): readonly string[] {
  const { init: set } = provider
  if ('none' in set) return reason('init', set)
  if ('origin' in set) return atHost('init.origin', set.origin, provider)
  return [
    ...(set.variables.length > 0 && set.variables.every((name) => /^[A-Z][A-Z0-9_]+$/.test(name))
      ? []
      : ['`init.variables` names no variable for its key, such as `ACME_API_KEY`.']),
    ...atHost('init.url', set.url, provider),
    ...(set.models.length === 0
      ? ['`init.models` is empty: name a model worth starting with.']
      : []),
    ...set.models
      .filter((model) => !isListed(provider, model))
      .map(
        (model) =>
          `the catalogue has no \`${model}\` of \`init.models\`: list it in \`catalogue.models\`, or run \`npm run catalogue\`.`,
      ),
    ...(URL.canParse(set.keys) ? [] : ['`init.keys` is no address of a page that gives keys.']),
  ]
}

function isListed({ id, catalogue: known }: ProviderDefinition, model: string): boolean {
  if ('models' in known) return Object.hasOwn(known.models, model)
  return modelDetails(id, model)?.contextWindow !== undefined
}

function live(provider: ProviderDefinition): readonly string[] {
  if ('none' in provider.live) return reason('live', provider.live)
  const rows = liveRowsOf(provider)
  if (rows.length === 0)
    return ['`live` is empty: name a small model to test with, or give `{ none }`.']
  return rows.flatMap(({ variable, url, model }) => [
    ...(variable === '' ? ['`live` needs a `variable` for the key, since `init` names none.'] : []),
    ...(url === '' ? ['`live` needs a `url`, since `init` has none.'] : []),
    ...(url === '' ? [] : atHost('live.url', url, provider)),
    ...(model === '' ? ['`live` names no model.'] : []),
  ])
}

const LISTED: Readonly<Record<string, readonly string[]>> = catalogue.rows

function models({ catalogue: known, id }: ProviderDefinition): readonly string[] {
  if ('none' in known) return reason('catalogue', known)
  if ('piAi' in known) {
    const count = LISTED[id]?.length ?? 0
    return count > 0 ? [] : ['the catalogue has no models of it: run `npm run catalogue`.']
  }
  const listed = Object.entries(known.models)
  return [
    ...(listed.length === 0
      ? ['`catalogue.models` is empty: list its models, or give `{ none }`.']
      : []),
    ...listed
      .filter(([, { contextWindow = 0 }]) => contextWindow <= 0)
      .map(([model]) => `\`${model}\` in \`catalogue.models\` needs a \`contextWindow\`.`),
    ...(URL.canParse(known.source) ? [] : ['`catalogue.source` is no address of a page.']),
    ...(/^\d{4}-\d\d-\d\d$/.test(known.date) ? [] : ['`catalogue.date` is no day: `2026-11-23`.']),
  ]
}

function docs(provider: ProviderDefinition): readonly string[] {
  const { addresses, section } = provider.docs
  const isSigned = provider.auth === 'aws' || provider.auth === 'google'
  return [
    ...(addresses.length === 0 && provider.hosts.length > 0
      ? ['`docs.addresses` is empty: give an `api_base_url` for docs/providers.md.']
      : []),
    ...addresses
      .filter((address) => address.startsWith('http'))
      .flatMap((address) => {
        const url = (address.split(' ')[0] ?? '').replace(/\b[A-Z]{4,}\b/g, 'x')
        return atHost('docs.addresses', url, provider)
      }),
    ...(isSigned && section === undefined
      ? ['`docs.section` is missing: explain where its credentials come from.']
      : []),
  ]
}

/** Whether an address of a definition leads to the provider itself. */
function atHost(field: string, address: string, provider: ProviderDefinition): readonly string[] {
  if (URL.canParse(address) && hasHost(provider, new URL(address))) return []
  return [`\`${field}\` (${address}) is at none of its \`hosts\`.`]
}

/** What the files in src/providers/ and the list in index.ts do not have in common, and what two providers share. */
export function missingInList(
  files: readonly string[],
  providers: readonly ProviderDefinition[],
): readonly string[] {
  const ids = providers.map(({ id }) => id)
  const names = providers.flatMap(({ id, names: others = [] }) => [
    ...new Set([id, ...others].map(plainName)),
  ])
  return [
    ...files
      .filter((file) => !ids.includes(file.replace(/\.ts$/, '')))
      .map(
        (file) =>
          `src/providers/${file} is not listed: import it in src/providers/index.ts and add it to PROVIDERS; its \`id\` is the name of the file.`,
      ),
    ...ids
      .filter((id) => !files.includes(`${id}.ts`))
      .map(
        (id) =>
          `the provider \`${id}\` has no file src/providers/${id}.ts: name the file after its \`id\`.`,
      ),
    ...twice(names).map(
      (name) => `two providers have the name \`${name}\`: see their \`id\` and \`names\`.`,
    ),
    ...twice(providers.flatMap(({ hosts }) => hosts)).map(
      (one) => `two providers have the host \`${one}\`: a host belongs to one of them.`,
    ),
    ...twice(providers.flatMap(({ init: set }) => ('variables' in set ? set.variables : []))).map(
      (one) => `two providers have the variable \`${one}\` in \`init\`.`,
    ),
    ...Object.keys(LISTED)
      .filter((id) => !ids.includes(id))
      .map(
        (id) =>
          `the catalogue has models of \`${id}\`, which is no provider: run \`npm run catalogue\`.`,
      ),
  ]
}

function twice(values: readonly string[]): readonly string[] {
  return [...new Set(values.filter((value, n) => values.indexOf(value) !== n))]
}
