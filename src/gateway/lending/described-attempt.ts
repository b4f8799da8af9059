/** An attempt whose images are described first, where its target takes none. */
import { NO_IMAGES, withoutBlocks } from '../../messages/refused-messages.ts'
import type { Attempt, Chunks } from '../attempt/attempt.ts'
import type { DescribeImages, RequestContext } from '../request-context.ts'
import type { ResolvedTarget } from '../targets/targets.ts'
import type { Vision } from './vision.ts'

/**
 * Attempts at targets that take no images, with descriptions in the place of the images. A target of
 * which nothing is known is sent the images, and the descriptions once it has refused them.
 */
export function describedAttempt(attempt: Attempt, vision: Vision): Attempt {
  return (context, candidate) => {
    if (context.size.images === 0) return attempt(context, candidate)
    if (vision.takesNoImages(candidate)) return described(context, candidate)
    if (!vision.isConfigured) return attempt(context, candidate)
    return attempt({ ...context, describeImages: describer(context, candidate) }, candidate)
  }

  async function* described(context: RequestContext, candidate: ResolvedTarget): Chunks {
    const { metrics } = context
    metrics.candidate(candidate.name, candidate.model)
    const lender = await vision.lenderFor(context, candidate)
    const seen = lender ? await vision.describe(context, lender) : { ...context, dropped: [] }
    const { request, dropped } = seen
    // Those that are left become notices.
    const size = { ...seen.size, images: 0 }
    const bytes = request === context.request ? context.bytes : undefined
    yield* attempt({ ...context, request, size, bytes, replaced: dropped }, candidate)
  }

  /** For a target that turns out to take no images: what cannot be described becomes a notice. */
  function describer(context: RequestContext, candidate: ResolvedTarget): DescribeImages {
    return async (request) => {
      const lender = await vision.lenderFor(context, candidate)
      const seen = lender && (await vision.describe({ ...context, request }, lender))
      const bare = withoutBlocks(seen?.request ?? request, 'image')
      const isWhole = bare === seen?.request
      return { request: bare, dropped: [...(seen?.dropped ?? []), ...(isWhole ? [] : [NO_IMAGES])] }
    }
  }
}
