/** Checks who describes images for models that take none. */
import type { Config } from '../../../config/config.ts'
import { lenderOf, visionLender } from '../../../gateway/lending/vision-model.ts'
import {
  createTargets,
  type ResolvedTarget,
  type Targets,
} from '../../../gateway/targets/targets.ts'
import { formatModelRef, type ModelRef } from '../../../lib/model-ref.ts'
import type { SessionRef } from '../../../session/identity.ts'
import type { Io } from '../../command.ts'
import { area, type Check } from './check.ts'
import { targetOf } from './config.ts'

const images = area('images')

const HINT =
  'Set Lend.vision to "provider,model": a model that sees, and that describes images for others.'

/** One line where the session's model takes no images, or `Lend.vision` is set. */
export function imageChecks(
  ref: Pick<SessionRef, 'preference'>,
  config: Config,
  env: Io['env'],
): Check[] {
  const target = targetOf(ref, config)
  const targets = createTargets(config, { env })
  const name = target !== undefined && takesNone(target, targets) ? formatModelRef(target) : ''
  const named = visionLender(config, ref.preference, config.router)
  if (named === undefined || (named.key === 'Router.image' && name === '')) {
    return name === ''
      ? []
      : [images('note', `${name} takes none, and nothing describes them`, HINT)]
  }
  const lender = lenderOf(named, name, { config, targets, takesNoImages })
  if ('problem' in lender) {
    const text = `${named.key} (${named.written}) describes none: ${lender.problem}`
    return [images('warning', text)]
  }
  const whose = name === '' ? 'models that take none' : name
  return [
    images('ok', `${formatModelRef(lender.model)} describes them for ${whose} (${named.key})`),
  ]
}

/** False where the model cannot be used at all, which the checks of providers say. */
function takesNone(target: ModelRef, targets: Targets): boolean {
  try {
    return takesNoImages(targets.of([target])[0])
  } catch {
    return false
  }
}

/** As far as is known without asking it. */
function takesNoImages({ target }: ResolvedTarget): boolean {
  return target.can?.images === false
}
