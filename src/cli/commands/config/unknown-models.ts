/** The models that a config names. */
/** The models that a config names. */
import type { Config } from '../../../config/config.ts'
import { nameMeant } from '../../../config/preferences.ts'
import { normalizeConfig } from '../../../config/legacy-formats.ts'
import type { Finding } from '../../../config/diagnostics/report.ts'
import { nodeAt, outline, type Path, locationOf } from '../../../config/parse/json5-locations.ts'
import { parseSource, readSource } from '../../../config/parse/read.ts'
import { resolvePreference } from '../../../routing/preference.ts'
import { defaultChoice } from '../../../routing/lookup.ts'
import { preferenceAdvice } from '../../client/require-preference.ts'

const DEFAULT = 'Router.default'
const MISTAKE: Pick<Finding, 'isMistake'> = { isMistake: true }

/**
 * Finds models in `Router`, `Preferences`, `fallback` and `Lend` that no configured provider has. `text`: the
 * text of the config, if it differs from its file.
 */
export function unknownModels(config: Config, text?: string): Finding[] {
  const unknown = modelMentions(config).flatMap(({ path, name, text: model }) => {
    const advice = whyNot(model, config)
    if (advice === undefined) return []
    const leadsNowhere = name === DEFAULT && 'reason' in defaultChoice(model, config.providers)
    return [{ path, message: `${name}: ${advice}`, ...(leadsNowhere ? MISTAKE : {}) }]
  })
  if (unknown.length === 0) return []
  const source = text ?? readSource(config.file)
  const value = parseSource(config.file, source)
  const { node: root } = normalizeConfig({ value, node: outline(source) })
  return unknown.map(({ path, ...finding }) => {
    const { line, column } = locationOf(source, nodeAt(root, path).start)
    return { line, column, ...finding }
  })
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
