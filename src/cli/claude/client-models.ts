/** The models that the client offers in `/model`: the names that the user wrote, and the ids under which it asks for them. */
import type { Config } from '../../config/config.ts'
import { formatModelRef, type ModelRef } from '../../lib/model-ref.ts'
import { clipped } from '../../lib/width.ts'
import { knownCapabilities } from '../../providers/catalogue/context-window.ts'
import { configuredModels, namedModels } from '../../routing/client-model.ts'
import { clientModelId } from '../../routing/resolve.ts'
import { SCENARIOS } from '../../routing/scenario.ts'
import { oneLine } from '../terminal/untrusted-text.ts'
import { claudeModel, type LaunchOptions, sessionLabel } from './launch-env.ts'
import { isAnthropic, writtenName } from './launch-options.ts'

/** A row of `/model`. */
export interface ClientModel {
  /** The id that the client sends. */
  readonly name: string
  /** The model that serves it; null if unknown. */
  readonly target: ModelRef | null
  /** The name that the client shows. */
  readonly label: string
  readonly description: string
}

type Session = Pick<
  LaunchOptions,
  'alias' | 'target' | 'targetName' | 'unmatched' | 'firstParty'
> & {
  readonly preference: string
}

interface ModelFacts {
  /** The session's. */
  readonly token: string
  /** The price of a model in words. */
  readonly priceText: PriceText
}

type PriceText = (target: ModelRef) => string

/** Cells of a terminal for a name. */
const LABEL_CELLS = 80
/** Shorter keys are words, as `ollama`. */
const SHORTEST_SECRET = 12

/**
 * The session's model, then every other configured one in the order of the config. Names that hold a
 * key of the config or the session's token are left out: anyone may see the arguments of a process.
 */
export function clientModels(
  session: Session,
  config: Config,
  { token, priceText }: ModelFacts,
): ClientModel[] {
  const secrets = [token, config.apiKey, ...config.providers.flatMap(keysOf)]
  const hidden = secrets.filter((secret) => secret.length >= SHORTEST_SECRET)
  const all = [sessionModel(session, config, priceText), ...otherModels(session, config, priceText)]
  return all.filter((model) => {
    const text = JSON.stringify(model)
    return !hidden.some((secret) => text.includes(secret))
  })
}

/** The models of the shorter list: the session's own, and those that `Router` and `Preferences` name. */
export function mostWanted(models: readonly ClientModel[], config: Config): ClientModel[] {
  const named = new Set(namedModels(config).map(formatModelRef))
  return models.filter(
    ({ target }, index) => index === 0 || (target && named.has(formatModelRef(target))),
  )
}

function keysOf({ apiKey, apiKeys = [] }: Config['providers'][number]): string[] {
  return [apiKey, ...apiKeys]
}

function sessionModel(session: Session, config: Config, priceText: PriceText): ClientModel {
  const { alias, target } = session
  return {
    name: claudeModel(session) ?? alias,
    target,
    label: clipped(oneLine(sessionLabel(session)), LABEL_CELLS),
    description: parts([
      whichModel(session, config),
      session.targetName === undefined || target === null ? undefined : refText(target),
      windowOf(target, config),
      target === null ? undefined : priceText(target),
    ]),
  }
}

/** In which way the session's model is chosen. */
function whichModel({ preference, unmatched }: Session, { router, extensions }: Config): string {
  if (preference !== '' && unmatched === undefined) return 'The model of this session'
  const isRouted =
    extensions.router !== '' || SCENARIOS.some((scenario) => typeof router[scenario] === 'string')
  return isRouted
    ? 'The model of this session; Router takes others for some requests'
    : 'The model of this session'
}

function otherModels(session: Session, config: Config, priceText: PriceText): ClientModel[] {
  const first = session.target && formatModelRef(session.target)
  const isClaudes = claudeModel(session) !== undefined
  return configuredModels(config)
    .filter((ref) => formatModelRef(ref) !== first)
    .flatMap((ref) => {
      const id = isClaudes ? claudeId(ref, config) : clientModelId(ref, config)
      if (id === undefined) return []
      const name = writtenName(ref, config)
      const facts = [windowOf(ref, config) ?? 'Context window unknown', priceText(ref)]
      return {
        name: id,
        target: ref,
        label: name === undefined ? refText(ref) : clipped(name, LABEL_CELLS),
        description: parts(name === undefined ? facts : [refText(ref), ...facts]),
      }
    })
}

/**
 * The id of a Claude model in a session that uses only Anthropic's API: `provider/model`, by which the
 * client knows it, and sends the same requests as for the model alone; undefined for any other model.
 */
function claudeId({ provider, model }: ModelRef, config: Config): string | undefined {
  const isKnown = /^claude-[a-z0-9-]+$/.test(model) && /^[\w.-]+$/.test(provider)
  const entry = config.providers.find(({ name }) => name === provider)
  return isKnown && isAnthropic(entry) ? `${provider}/${model}` : undefined
}

function refText(ref: ModelRef): string {
  return clipped(oneLine(formatModelRef(ref)), LABEL_CELLS)
}

function parts(texts: readonly (string | undefined)[]): string {
  return texts.filter((text) => text !== undefined).join(' · ')
}

/** The context window; undefined if unknown. */
function windowOf(ref: ModelRef | null, { providers }: Config): string | undefined {
  const provider = providers.find(({ name }) => name === ref?.provider)
  const { contextWindow } = ref ? knownCapabilities(provider, ref.model) : {}
  return contextWindow === undefined
    ? undefined
    : `Context window ${contextWindow.toLocaleString('en-US')} tokens`
}
