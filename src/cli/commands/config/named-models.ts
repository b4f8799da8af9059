/** The models that a config names. */
/** The models that a config names. */
import type { Config } from '../../../config/config.ts'
import { nameMeant } from '../../../config/preferences.ts'
import { normalizeConfig } from '../../../config/legacy-formats.ts'
import type { Finding } from '../../../config/diagnostics/report.ts'
import { nodeAt, outline, type Path, locationOf } from '../../../config/parse/json5-locations.ts'
import { parseSource, readSource } from '../../../config/parse/read.ts'
import { knownCapabilities } from '../../../providers/catalogue/context-window.ts'
import { formatModelRef } from '../../../lib/model-ref.ts'
import { resolvePreference } from '../../../routing/preference.ts'
import { defaultChoice } from '../../../routing/lookup.ts'
import { preferenceAdvice } from '../../client/require-preference.ts'

const DEFAULT = 'Router.default'
const MISTAKE: Pick<Finding, 'isMistake'> = { isMistake: true }

/**
 * Finds models in `Router`, `Preferences`, `fallback` and `Lend` that no configured provider has, and a
 * model of `Lend.vision` that takes no images. `text`: the text of the config, if it differs from its file.
 */
export function unusableModels(config: Config, text?: string): Finding[] {
  const unusable = [...unknownModels(config), ...blindLender(config)]
  if (unusable.length === 0) return []
  const source = text ?? readSource(config.file)
  const value = parseSource(config.file, source)
  const { node: root } = normalizeConfig({ value, node: outline(source) })
  return unusable.map(({ path, ...finding }) => {
    const { line, column } = locationOf(source, nodeAt(root, path).start)
    return { line, column, ...finding }
  })
}

type AtPath = Omit<Finding, 'line' | 'column'> & { readonly path: Path }

function unknownModels(config: Config): AtPath[] {
  return modelMentions(config).flatMap(({ path, name, text: model }) => {
    const advice = whyNot(model, config)
    if (advice === undefined) return []
    const leadsNowhere = name === DEFAULT && 'reason' in defaultChoice(model, config.providers)
    return [{ path, message: `${name}: ${advice}`, ...(leadsNowhere ? MISTAKE : {}) }]
  })
}

/** A model of `Lend.vision` that is known, without asking it, to take no images itself. */
function blindLender({ lend: { vision }, providers }: Config): AtPath[] {
  const lookup = defaultChoice(vision ?? '', providers)
  if (lookup.kind !== 'found') return []
  const { provider: name, model } = lookup.choice
  const provider = providers.find((entry) => entry.name === name)
  if (knownCapabilities(provider, model).images !== false) return []
  const message = `Lend.vision: ${formatModelRef(lookup.choice)} takes no images itself, so that it describes none; name a model that does`
  return [{ path: ['Lend', 'vision'], message }]
}

interface ModelMention {
  readonly path: Path
  /** As shown to users: `Router.think`. */
  readonly name: string
  readonly text: string
}

/** All places where `Router`, `Preferences`, `fallback` and `Lend` name a model. */
export function modelMentions({ router, preferences, fallback, lend }: Config): ModelMention[] {
  const scenarios = Object.entries(router).flatMap(([key, value]) =>
    typeof value === 'string' && value.trim() !== '' && key !== 'longContextThreshold'
      ? [{ path: ['Router', key], name: `Router.${key}`, text: value }]
      : [],
  )
  const names = Object.entries(preferences).flatMap(([key, text]) =>
    nameMeant(text, preferences) === undefined
      ? [{ path: ['Preferences', key], name: `Preferences.${key}`, text }]
      : [],
  )
  const fallbacks = Object.entries(fallback).flatMap(([key, list]) =>
    list.map((text, index) => ({
      path: ['fallback', key, index],
      name: `fallback.${key}`,
      text,
    })),
  )
  const lenders = (['vision', 'webSearch'] as const).flatMap((key) => {
    const { [key]: text } = lend
    return typeof text === 'string' ? [{ path: ['Lend', key], name: `Lend.${key}`, text }] : []
  })
  return [...scenarios, ...names, ...fallbacks, ...lenders]
}

/** Why a text matches no configured model, with suggestions; undefined if it matches one. */
export function whyNot(text: string, { providers }: Pick<Config, 'providers'>): string | undefined {
  const meant = resolvePreference(text, providers)
  return 'reason' in meant ? preferenceAdvice(meant) : undefined
}
