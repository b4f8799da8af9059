/** Which model describes images for models that take none (pure). */
import type { Config, RouterConfig } from '../../config/config.ts'
import { formatModelRef, type ModelRef } from '../../lib/model-ref.ts'
import { asGatewayError } from '../../messages/error.ts'
import { defaultChoice } from '../../routing/lookup.ts'
import { modelFor } from '../../routing/resolve.ts'
import type { ResolvedTarget, Targets } from '../targets/targets.ts'

export interface NamedLender {
  /** `provider,model` as it is written. */
  readonly written: string
  /** The key of the config that names it. */
  readonly key: 'Lend.vision' | 'Router.image'
}

/**
 * The model that the config names for images; undefined for none. In a session of a preference only
 * `Lend.vision` does: the preference takes precedence over `Router`, and no picture goes to another
 * provider because of a key that was written for other sessions.
 * @param router the one in force: the project's, else the config's.
 */
export function visionLender(
  { lend }: Pick<Config, 'lend'>,
  preference: string,
  router: RouterConfig,
): NamedLender | undefined {
  if (lend.vision !== undefined) return { written: lend.vision, key: 'Lend.vision' }
  const image = preference === '' ? modelFor(router, 'image') : ''
  return image === '' ? undefined : { written: image, key: 'Router.image' }
}

/** A model that can describe images for a target, or why it cannot. */
export type Lender = { readonly model: ModelRef } | { readonly problem: string }

interface LenderParts {
  readonly config: Pick<Config, 'providers'>
  readonly targets: Targets
  readonly takesNoImages: (candidate: ResolvedTarget) => boolean
}

/** @param target `provider,model` of the target that takes no images. */
export function lenderOf({ written }: NamedLender, target: string, parts: LenderParts): Lender {
  const lookup = defaultChoice(written, parts.config.providers)
  if (lookup.kind !== 'found') return { problem: 'it is no model of the config' }
  const { choice } = lookup
  try {
    const takesNone =
      formatModelRef(choice) === target || parts.takesNoImages(parts.targets.of([choice])[0])
    return takesNone ? { problem: 'it takes none itself' } : { model: choice }
  } catch (thrown) {
    return { problem: asGatewayError(thrown).message }
  }
}
