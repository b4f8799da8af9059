/**
 * The model that the client keeps as its default: `/model` writes the chosen one into the settings of
 * the user, where a claude without ccr finds it too, and does not know it.
 */
import { readFileSync } from 'node:fs'
import type { Env } from '../../lib/env.ts'
import { parseObject } from '../../lib/json.ts'
import { modelsShownAs, type Offer } from '../../routing/lookup.ts'
import { DISCOVERY_PREFIX } from '../../routing/resolve.ts'
import { visible } from '../terminal/untrusted-text.ts'
import { settingsFiles } from './settings-conflicts.ts'

/** `model` of the user's settings; undefined if there is none. */
export function savedModel(env: Env): string | undefined {
  try {
    const { model } = parseObject(readFileSync(settingsFile(env), 'utf8'))
    return typeof model === 'string' ? model : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether only ccr knows the model: an alias or a neutral id of ccr, `provider,model`,
 * `provider/claude-…`, or a name that the config gives a model.
 */
export function isModelOfCcr(model: string, providers: readonly Offer[] = []): boolean {
  if (modelsShownAs(model, providers).length > 0) return true
  const isName = model.includes(',') || /^[\w.-]+\/claude-/.test(model)
  return isName || /^ccr-/.test(model) || model.startsWith(DISCOVERY_PREFIX)
}

/** What to do about such a model. */
export const SAVED_MODEL_ADVICE =
  'Choose another one with /model in claude without ccr, or remove "model" from that file.'

/**
 * What to say if the client has saved a model of ccr since `before`; undefined if it has not.
 * @param before `savedModel` before the client ran.
 */
export function savedModelNote(
  before: string | undefined,
  env: Env,
  providers?: readonly Offer[],
): string | undefined {
  const model = savedModel(env)
  if (model === undefined || model === before || !isModelOfCcr(model, providers)) return undefined
  return (
    `/model saved ${visible(model)} as the default in ${visible(settingsFile(env))}. ccr code does not ` +
    `use it, and claude without ccr does not know it. ${SAVED_MODEL_ADVICE} In /model, the key s ` +
    'chooses a model without saving it.'
  )
}

function settingsFile(env: Env): string {
  return settingsFiles(env, '.')[0] ?? ''
}
