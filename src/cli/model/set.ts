import { suggest } from '../../lib/suggest.ts'
import { UserError } from '../../lib/user-error.ts'
import { resolvePreference } from '../../routing/preference.ts'
import type { Io } from '../command.ts'
import { UsageError } from '../command.ts'
import { whyNot } from '../config/unknown-models.ts'
import { visible } from '../session-text.ts'
import type { Models } from './config.ts'
import { routeOf, ROUTES, writeRoute } from './config.ts'

export interface Wish {
  readonly scenario: string
  /** In any way a preference may be written. */
  readonly model: string
  /** Take both as they are written. */
  readonly force: boolean
}

/** Sets the model of a scenario. Throws UsageError or UserError for one that is not known. */
export async function setModel(models: Models, wish: Wish, { stdout }: Io): Promise<number> {
  const { force } = wish
  const scenario = force ? wish.scenario : knownScenario(wish.scenario)
  const model = force ? wish.model.trim() : knownModel(wish.model, models)
  stdout.write(await change(models, scenario, model))
  return 0
}

/** Writes it and says what was before. */
export async function change(models: Models, scenario: string, model: string): Promise<string> {
  const before = routeOf(models, scenario)
  await writeRoute(models, scenario, model)
  const was = before === undefined || before === model ? '' : ` (was ${visible(before)})`
  return (
    `Router.${scenario} is ${visible(model)}${was} in ${models.ref.configFile}.\n` +
    'Sessions that run take it with their next request.\n'
  )
}

function knownScenario(written: string): string {
  const lower = written.toLowerCase()
  const known = ROUTES.find((name) => name.toLowerCase() === lower)
  if (known !== undefined) return known
  const near = suggest(written, ROUTES)
  const hint =
    near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Write one of: ${ROUTES.join(', ')}.`
  throw new UsageError(
    `ccr model: Router has no scenario '${visible(written)}'.`,
    `${hint} --force takes it as it is, for a router of your own.`,
  )
}

/** The model as Router wants it, `provider,model`. */
function knownModel(written: string, { config }: Models): string {
  const meant = resolvePreference(written, config.providers)
  if (meant.kind === 'found') return `${meant.choice.provider},${meant.choice.model}`
  throw new UserError(
    whyNot(written, config) ?? 'no model is named.',
    'ccr models lists what is configured; --force writes it as it is.',
  )
}
