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
import type { Io } from '../../command.ts'
import { acquireSession } from '../../client/acquire-session.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { WAITING, whileWaiting } from '../../client/wait-notice.ts'
import { commandSession } from '../../client/command-context.ts'

export interface Contestant {
  /** `A`, `B`, … in the order given. */
  readonly letter: string
  /** The name as given, without control characters. */
  readonly name: string
  /** A name for folders and branches, unique in the comparison. */
  readonly label: string
  readonly ref: SessionRef
  readonly config: Config
  readonly choice: ModelRef
}

/**
 * The contestants for these preferences. Throws UserError for one that matches no configured model,
 * before anything is spent, because its session would answer with another model.
 */
export function contestantsOf(models: readonly string[], io: Io): Contestant[] {
  const labels = new Set<string>()
  return models.map((model, index) => {
    const contestant = modelSessionOf(model, io)
    const label = labelOf(model, labels)
    labels.add(label)
    return { ...contestant, letter: letterOf(index), name: visible(model.trim()), label }
  })
}

/** The session of one model, as for a judge, which has no letter. */
export function modelSessionOf(
  model: string,
  io: Io,
): Pick<Contestant, 'ref' | 'config' | 'choice' | 'name'> {
  const env = { ...io.env, CCR_MODEL_PREFERENCE: model }
  const ref = commandSession({ ...io, env })
  const { config } = readSetup(ref, daemonEnvironment(ref, env))
  const meant = sessionPreference(ref.preference, config)
  if (meant.kind === 'found') return { ref, config, choice: meant.choice, name: visible(model) }
  const reason = 'reason' in meant ? meant.reason : 'it is empty'
  const near =
    meant.kind === 'missing'
      ? meant.suggestions
      : 'candidates' in meant
        ? modelReferences(meant)
        : []
  throw new UserError(
    `-m ${visible(model)}: ${visible(reason)}.`,
    near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'Configured models: ccr models',
  )
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

/** The last part of a model's name, in characters that are valid in folders, branches and URLs. */
export function labelOf(model: string, others: ReadonlySet<string>): string {
  const last = model.split(/[,/]/).at(-1) ?? ''
  const letters = last
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[.-]+/, '')
  const whole = withoutEnd(letters, '.-').replace(/\.lock$/, '-lock')
  const plain = withoutEnd(whole.slice(0, 40), '.-')
  const base = plain === '' || TAKEN.has(plain) ? `model${plain === '' ? '' : '-x'}` : plain
  for (let n = 1; ; n += 1) {
    const label = n === 1 ? base : `${base}-${n}`
    if (!others.has(label)) return label
  }
}

/** A lease on the session of a contestant, which is started if needed and keeps running afterwards. */
export async function connect({ ref }: Pick<Contestant, 'ref'>, io: Io): Promise<Lease> {
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
