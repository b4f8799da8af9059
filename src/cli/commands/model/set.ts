/** `ccr model set` and `ccr model unset`. */
import { formatModelRef } from '../../../lib/model-ref.ts'
import { suggest } from '../../../lib/suggest.ts'
import { UserError } from '../../../lib/user-error.ts'
import { sessionPreference } from '../../../routing/preference.ts'
import { type Io, UsageError } from '../../command.ts'
import { preferenceAdvice } from '../../client/require-preference.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { type Models, routeOf, ROUTES, writeRoute } from './router-config.ts'

export interface SetRequest {
  readonly scenario: string
  /** In any spelling of a preference. */
  readonly model: string
  /** Accept both as written. */
  readonly force: boolean
}

/** Sets the model of a scenario. Throws UsageError or UserError if one of them is unknown. */
export async function setModel(
  models: Models,
  request: SetRequest,
  { stdout }: Io,
): Promise<number> {
  const { force } = request
  const scenario = force ? request.scenario : knownScenario(request.scenario)
  const model = force ? request.model.trim() : knownModel(request.model, models)
  stdout.write(await change(models, scenario, model))
  return 0
}

/** Removes the model of a scenario. Throws UsageError or UserError. */
export async function unsetModel(
  models: Models,
  { scenario: written, force }: Pick<SetRequest, 'scenario' | 'force'>,
  { stdout }: Io,
): Promise<number> {
  const scenario = force ? written : knownScenario(written)
  const before = routeOf(models, scenario)
  if (before === undefined) {
    throw new UserError(`Router.${visible(scenario)} is not set.`, 'What is set: ccr model get')
  }
  if (scenario === 'default' && !force) {
    throw new UserError(
      'without Router.default, requests that match no other scenario would be refused.',
      'Set another one: ccr model set default PROVIDER,MODEL (or remove it anyway: --force)',
    )
  }
  await writeRoute(models, scenario, undefined)
  stdout.write(
    `Router.${visible(scenario)} is no longer set (was ${visible(before)}) in ${models.ref.configFile}.\n` +
      'Running sessions use it from their next request.\n',
  )
  return 0
}

/** Writes the model; returns a message with the former one. */
export async function change(models: Models, scenario: string, model: string): Promise<string> {
  const before = routeOf(models, scenario)
  await writeRoute(models, scenario, model)
  const was = before === undefined || before === model ? '' : ` (was ${visible(before)})`
  return (
    `Router.${scenario} is ${visible(model)}${was} in ${models.ref.configFile}.\n` +
    'Running sessions use it from their next request.\n'
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
    `${hint} --force accepts any name, for a custom router.`,
  )
}

/** The model as `provider,model`; a name from `Preferences` is replaced by what it stands for. */
function knownModel(written: string, { config }: Models): string {
  const meant = sessionPreference(written, config)
  if (meant.kind === 'found') return formatModelRef(meant.choice)
  throw new UserError(
    'reason' in meant ? preferenceAdvice(meant) : 'no model is given.',
    'Configured models: ccr models. To write it as it is: --force',
  )
}
