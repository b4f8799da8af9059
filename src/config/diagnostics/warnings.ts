/** All warnings about a config: problems that do not stop a session, mostly keys that would be ignored silently. */
import { refers, type Diagnostic } from '../check.ts'
import { isDemoName } from '../demo.ts'
import type { VariableUse } from '../parse/interpolate.ts'
import type { Env } from '../../lib/env.ts'
import { keyVariableOf, settingAdvice } from '../key-advice.ts'
import {
  isComment,
  isKnownKey,
  isKnownProviderKey,
  isProviderList,
  isRead,
  meantKey,
  meantProviderKey,
  pathText,
} from '../schema/keys.ts'
import { budgetWarnings } from './budgets.ts'
import { isInSearch } from '../lend.ts'
import { lendWarnings } from './lend.ts'
import { loopWarnings } from './loops.ts'
import { modelWarnings } from './models.ts'
import { type Node, type Path, repeatedKeys } from '../parse/json5-locations.ts'
import { nameWarnings } from '../preferences.ts'
import { providersOf } from '../provider-list.ts'
import type { ConfigInput } from '../schema/schema.ts'
import { namesModel } from '../secret-names.ts'
import { tokenizerWarnings } from './tokenizer.ts'
import { routerWarnings } from './router.ts'
import { transformerWarnings } from './transformers.ts'
import { unsupportedKeyWarnings } from './unsupported-keys.ts'

export interface Parts {
  /** A valid config. */
  readonly input: ConfigInput
  readonly uses: readonly VariableUse[]
  /** The outline of the text that it was read from. */
  readonly root: Node
  readonly env: Env
}

export function configWarnings(parts: Parts): Diagnostic[] {
  const { input, uses, root } = parts
  return [
    ...repeatedKeys(root).map((path) => ({
      path,
      atKey: true,
      text: `${pathText(path)} is written twice; the last one counts`,
    })),
    ...unknownKeys(input),
    ...routerWarnings(input),
    ...twoLists(input),
    ...providerWarnings(input),
    ...modelWarnings(input),
    ...nameWarnings(input),
    ...transformerWarnings(input),
    ...loopWarnings(input),
    ...tokenizerWarnings(input),
    ...unsupportedKeyWarnings(input),
    ...budgetWarnings(input),
    ...lendWarnings(input, uses),
    ...uses.filter((use) => !use.set).map((use) => unsetVariable(use, parts)),
    ...uses.filter(isInName).map(variableInName),
  ]
}

function unknownKeys(input: ConfigInput): Diagnostic[] {
  return Object.keys(input)
    .filter((key) => !isKnownKey(key) && !isComment(key))
    .map((key) => {
      const meant = meantKey(key)
      return { ...unknown([key], meant), isMistake: meant !== undefined }
    })
}

function unknown(path: Path, meant: string | undefined): Diagnostic {
  const advice = meant === undefined ? '' : `; did you mean ${meant}?`
  return {
    path,
    atKey: true,
    text: `${pathText(path)} is not a key ccr knows; it is ignored${advice}`,
  }
}

function twoLists(input: ConfigInput): Diagnostic[] {
  if (input.Providers === undefined || input.providers === undefined) return []
  const text = 'providers is ignored, because Providers is there too'
  return [{ path: ['providers'], atKey: true, text }]
}

function providerWarnings(input: ConfigInput): Diagnostic[] {
  const names = new Set<string>()
  return providersOf(input).flatMap(({ provider, path }) => {
    const found = Object.keys(provider)
      .filter((key) => !isKnownProviderKey(key) && !isComment(key))
      .map((key) => unknown([...path, key], meantProviderKey(key)))
    const name = provider.name ?? ''
    if (name !== '' && names.has(name)) found.push(repeatedName([...path, 'name'], name))
    names.add(name)
    if (isDemoName(name) && provider.api_base_url !== undefined) {
      const text = `${name} is built in; its api_base_url is ignored`
      found.push({ path: [...path, 'api_base_url'], text })
    }
    return found
  })
}

function repeatedName(path: Path, name: string): Diagnostic {
  return {
    path,
    isMistake: true,
    text: `a provider named ${JSON.stringify(name)} is already there; this one is ignored`,
  }
}

/** Whether a variable stands in a name that the list of models shows; in a route it is fine. */
function isInName({ path, set, withheld }: VariableUse): boolean {
  return set && namesModel(path) && (withheld === true || isProviderList(path[0]))
}

/** Names of models appear in logs, in headers and in `/v1/models`. */
function variableInName({ path, variable, withheld }: VariableUse): Diagnostic {
  const text = withheld
    ? `${pathText(path)} refers to ${variable}, which is a key or looks like one: it is not put into a name that every client can see; write the name itself`
    : `${pathText(path)} takes its name from the variable ${variable}: every client that may list the models sees its value`
  return { path, text }
}

function unsetVariable(use: VariableUse, parts: Parts): Diagnostic {
  return { path: use.path, text: `${refers(use)}; ${consequence(use, parts)}` }
}

function consequence(use: VariableUse, parts: Parts): string {
  const { path, variable } = use
  const { input, uses, env } = parts
  if (!isRead(path)) return 'the text stays as written'
  if (isInSearch(path)) return unusableSearch(use, parts)
  const [list, index, key] = path
  if (!isProviderList(list) || typeof index !== 'number' || key === 'models') {
    return 'it counts as unset'
  }
  const providers = list === 'Providers' ? input.Providers : input.providers
  const name = providers?.[index]?.name ?? ''
  const keyVariable = keyVariableOf(uses, path.slice(0, 2))
  const provider = name === '' || keyVariable === undefined ? { name } : { name, keyVariable }
  const advice = settingAdvice(provider, [variable], env)
  return `this provider cannot be used until it is (${advice})`
}

function unusableSearch({ variable }: VariableUse, { input, uses, env }: Parts): string {
  const { webSearch } = input.Lend ?? {}
  const name = typeof webSearch === 'object' ? webSearch.service : ''
  const keyVariable = keyVariableOf(uses, ['Lend', 'webSearch'])
  const service = keyVariable === undefined ? { name } : { name, keyVariable }
  return `web searches cannot use it until it is (${settingAdvice(service, [variable], env)})`
}
