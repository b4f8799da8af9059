/** The models of a comparison, each with its session, its price and its names. */
import { formatModelRef, type ModelRef, parseModelRef } from '../../../lib/model-ref.ts'
import type { Config } from '../../../config/config.ts'
import { readSetup } from '../../../session/setup.ts'
import type { PriceTag } from '../../../pricing/cost.ts'
import { priceTagOf } from '../../../providers/catalogue/price.ts'
import { sessionPreference } from '../../../routing/preference.ts'
import { daemonEnvironment } from '../../../session/environment.ts'
import { type SessionRef } from '../../../session/identity.ts'
import type { Lease } from '../../../session/lease.ts'
import { withoutEnd } from '../../../lib/trim.ts'
import { UserError } from '../../../lib/user-error.ts'
import { nameMeant } from '../../../config/preferences.ts'
import { type Io, UsageError } from '../../command.ts'
import { acquireSession } from '../../client/acquire-session.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { WAITING, whileWaiting } from '../../client/wait-notice.ts'
import { commandSession } from '../../client/command-context.ts'
import { oneModel } from './options.ts'
import { MOST_IN_ALL, type Sample, samplesOf } from './samples.ts'

export interface Contestant extends Sample {
  /** Unique in the comparison: the preference, and ` #2` where its model has several samples. */
  readonly name: string
  /** 1, 2, … among the samples of a model; null if it has one. */
  readonly sample: number | null
  /** A name for folders and branches, unique in the comparison. */
  readonly label: string
  readonly ref: SessionRef
  readonly config: Config
  readonly choice: ModelRef
}

/**
 * The contestants for what `-m` names, each `MODEL` or `MODEL*N`. Throws UserError for a model that is
 * not configured, before anything is spent, because its session would answer with another model; and
 * UsageError for fewer than two contestants, or too many.
 */
export function contestantsOf(models: readonly string[], io: Io): Contestant[] {
  const wanted = models.flatMap((given) => {
    const { preference, count } = samplesOf(given, (text) => isListed(text, io))
    return Array<ModelSession>(count).fill(modelSessionOf(preference, io))
  })
  if (wanted.length < 2) throw oneModel(models)
  if (wanted.length > MOST_IN_ALL) throw tooMany(wanted.length)
  const labels = new Set<string>()
  const before = new Map<string, number>()
  return wanted.map((session, index) => {
    const { name: preference } = session
    const n = (before.get(preference) ?? 0) + 1
    before.set(preference, n)
    const single = wanted.every((other, i) => i === index || other.name !== preference)
    const label = labelOf(session.ref.preference, labels, single ? undefined : n)
    labels.add(label)
    return {
      ...session,
      letter: letterOf(index),
      preference,
      name: single ? preference : `${preference} #${n}`,
      sample: single ? null : n,
      label,
    }
  })
}

function tooMany(count: number): UsageError {
  return new UsageError(
    `ccr compare: ${count} runs are too many.`,
    `All models together may run ${MOST_IN_ALL} times.`,
  )
}

/** The session of a model, as for a judge, which has no letter. */
export type ModelSession = Pick<Contestant, 'ref' | 'config' | 'choice' | 'name'>

/** The session of the judge; null without one. Throws UserError, and UsageError for `MODEL*N`. */
export function judgeSessionOf(given: string | undefined, io: Io): ModelSession | null {
  if (given === undefined) return null
  if (!given.includes('*') || isListed(given.trim(), io))
    return modelSessionOf(given, io, '--judge')
  throw new UsageError(
    `--judge ${visible(given)}: one model judges, without *N.`,
    'Write: --judge MODEL',
  )
}

/** The session of one model. Throws UserError if no model is configured by this name. */
function modelSessionOf(model: string, io: Io, option: '-m' | '--judge' = '-m'): ModelSession {
  const { ref, config, meant } = setupOf(model, io)
  if (meant.kind === 'found') return { ref, config, choice: meant.choice, name: visible(model) }
  const reason = 'reason' in meant ? meant.reason : 'it is empty'
  const near =
    meant.kind === 'missing'
      ? meant.suggestions
      : 'candidates' in meant
        ? modelReferences(meant)
        : []
  throw new UserError(
    `${option} ${visible(model)}: ${visible(reason)}.`,
    near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'Configured models: ccr models',
  )
}

function setupOf(model: string, io: Io) {
  const env = { ...io.env, CCR_MODEL_PREFERENCE: model }
  const ref = commandSession({ ...io, env })
  const { config } = readSetup(ref, daemonEnvironment(ref, env))
  return { ref, config, meant: sessionPreference(ref.preference, config) }
}

/** Whether a text with a `*` is itself the name of a model or of a preference. */
function isListed(text: string, io: Io): boolean {
  const { config, meant } = setupOf(text, io)
  if (nameMeant(text, config.preferences) !== undefined) return true
  if (meant.kind !== 'found') return false
  const { provider, model } = meant.choice
  const models = config.providers.find(({ name }) => name === provider)?.models ?? []
  return model.includes('*') && models.includes(model)
}

function modelReferences({ candidates }: { candidates: readonly ModelRef[] }): string[] {
  return candidates.map(formatModelRef)
}

function letterOf(index: number): string {
  const last = String.fromCodePoint(65 + (index % 26))
  return index < 26 ? last : letterOf(Math.floor(index / 26) - 1) + last
}

/** Names of other files in the folder of a run. */
const TAKEN: ReadonlySet<string> = new Set(['run.json', 'logs'])

/**
 * The last part of a model's name, in characters that are valid in folders, branches and URLs; unique.
 * @param sample the number of the sample, where the model has several.
 */
export function labelOf(model: string, others: ReadonlySet<string>, sample?: number): string {
  const last = model.split(/[,/]/).at(-1) ?? ''
  const letters = last
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[.-]+/, '')
  const whole = withoutEnd(letters, '.-').replace(/\.lock$/, '-lock')
  const plain = withoutEnd(whole.slice(0, 40), '.-')
  const valid = plain === '' || TAKEN.has(plain) ? `model${plain === '' ? '' : '-x'}` : plain
  const base = sample === undefined ? valid : `${valid}-${sample}`
  for (let n = 1; ; n += 1) {
    const label = n === 1 ? base : `${base}-${n}`
    if (!others.has(label)) return label
  }
}

/** A lease on the session of a contestant, which is started if needed and keeps running afterwards. */
export async function connect({ ref }: Pick<ModelSession, 'ref'>, io: Io): Promise<Lease> {
  const env = environmentOf(ref, io)
  const { lease } = await whileWaiting(io, WAITING, (waiting) =>
    // On a terminal, notices would disturb the columns.
    acquireSession(ref, { env, ...(io.stdout.isTTY === true ? {} : waiting) }),
  )
  return lease
}

/** The environment of a command for this session. */
export function environmentOf(ref: SessionRef, { env }: Pick<Io, 'env'>): Io['env'] {
  return { ...env, CCR_MODEL_PREFERENCE: ref.preference }
}

/** The price of the contestant's tokens; undefined if unknown. `answered`: the model that answered. */
export function priceOf(
  { config, choice }: Pick<Contestant, 'config' | 'choice'>,
  answered: string | null,
): PriceTag | undefined {
  const used = parseModelRef(answered ?? '') ?? choice
  const provider = config.providers.find(({ name }) => name === used.provider)
  return provider && priceTagOf(provider, used.model, config.prices)
}
