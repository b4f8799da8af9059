/** Has images described by another model, for models that take none. */
import { setMaxListeners } from 'node:events'
import type { Config, RouterConfig } from '../../config/config.ts'
import type { Logger } from '../../lib/log.ts'
import { formatModelRef, type ModelRef } from '../../lib/model-ref.ts'
import { once } from '../../lib/once.ts'
import { asGatewayError, type GatewayError } from '../../messages/error.ts'
import { NO_IMAGES } from '../../messages/refused-messages.ts'
import type { RefusalMemory } from '../attempt/retry-without.ts'
import { conversationIdOf } from '../client-headers.ts'
import type { RequestContext } from '../request-context.ts'
import type { ResolvedTarget, Targets } from '../targets/targets.ts'
import type { Descriptions } from './descriptions.ts'
import { createFailurePause } from './failure-pause.ts'
import { descriptionIn, descriptionRequest, isAboutImage } from './description-request.ts'
import { describedBy, type FoundImage, imagesOf, withDescriptions } from './images.ts'
import type { AskModel } from './lent-request.ts'
import { createSharedWork } from './shared-work.ts'
import { lenderOf, visionLender } from './vision-model.ts'

/** A request as far as images are described in it. */
export type DescribableRequest = Pick<
  RequestContext,
  'request' | 'size' | 'conversation' | 'via' | 'signal'
>

export interface Described extends Pick<RequestContext, 'request' | 'size'> {
  /** As `x-ccr-dropped` names what was done. */
  readonly dropped: readonly string[]
}

export interface Vision {
  /** Whether the config names a model that describes images in this session. */
  readonly isConfigured: boolean
  /** Whether a target is known to take no images. */
  takesNoImages(candidate: Pick<ResolvedTarget, 'model' | 'target'>): boolean
  /** The model that describes images for a target; undefined for none. */
  lenderFor(
    context: Pick<DescribableRequest, 'request' | 'conversation'>,
    candidate: Pick<ResolvedTarget, 'model'>,
  ): Promise<ModelRef | undefined>
  /**
   * The request with a description in the place of each image that the lender could describe. The
   * others stay.
   * @throws the reason of the request's signal once its client is gone.
   */
  describe(context: DescribableRequest, lender: ModelRef): Promise<Described>
  /** A request as its tokens are counted: with the descriptions that are there already, and no others. */
  counted(context: Counted, candidate: Pick<ResolvedTarget, 'model' | 'target'>): Promise<Counted>
}

/** A request whose tokens are counted. */
export type Counted = Pick<RequestContext, 'request' | 'bytes' | 'size' | 'conversation'>

export interface VisionParts {
  readonly config: Pick<Config, 'lend' | 'providers' | 'router'>
  readonly session: { readonly preference: string }
  /** The Router of a conversation's project; undefined where it has none. */
  readonly routerOf: (conversation: string | undefined) => Promise<RouterConfig | undefined>
  readonly ask: AskModel
  readonly targets: Promise<Targets>
  readonly refusals: Pick<RefusalMemory, 'of'>
  readonly descriptions: Descriptions
  readonly log: Logger
  /** ms, from any fixed moment. */
  readonly now?: () => number
}

/** Images that are described at the same time. */
const AT_ONCE = 4
/** Images of one request that are described, the newest first; the next request goes on. */
const MOST_NEW = 20
/** No description is begun later than this after the first one of a request, ms. */
const BEGIN_WITHIN_MS = 120_000

/** Of one request: what budgets have left for the descriptions of its images. */
interface Money {
  /** Nothing is left for the others. */
  isSpent: boolean
  /** The log has the reason. */
  isNamed: boolean
}

export function createVision(parts: VisionParts): Vision {
  const { config, session, routerOf, ask, targets, refusals, descriptions, log } = parts
  const now = parts.now ?? (() => performance.now())
  const pause = createFailurePause(now)
  const work = createSharedWork<string | undefined>(AT_ONCE)
  const warnOnce = once((text) => log.warn({}, text))

  const takesNoImages: Vision['takesNoImages'] = ({ model, target }) =>
    target.can?.images === false || refusals.of(model).includes(NO_IMAGES)

  const lenderFor: Vision['lenderFor'] = async (context, { model }) => {
    const isRouted = config.lend.vision === undefined && session.preference === ''
    const project = isRouted
      ? await routerOf(conversationIdOf(context, context.request))
      : undefined
    const named = visionLender(config, session.preference, project ?? config.router)
    if (named === undefined) return undefined
    const lender = lenderOf(named, model, { config, targets: await targets, takesNoImages })
    if ('model' in lender) return lender.model
    warnOnce(`${named.key} (${named.written}) describes no images: ${lender.problem}`)
    return undefined
  }

  const known = (lender: string, image: FoundImage): string | undefined =>
    descriptions.get(keyOf(lender, image))

  /** Whether the lender, or this image, failed lately. */
  const isLeft = (lender: string, image: FoundImage): boolean =>
    pause.isPaused(lender) || pause.isPaused(keyOf(lender, image))

  /** The description of an image; undefined where there is none to be had now. */
  const descriptionOf = async (
    image: FoundImage,
    model: ModelRef,
    context: DescribableRequest & { readonly money: Money },
  ): Promise<string | undefined> => {
    const lender = formatModelRef(model)
    const { money } = context
    const key = keyOf(lender, image)
    const startedAt = now()
    return work.of(
      key,
      async (signal) => {
        // Another image may have failed meanwhile, or the description come.
        const kept = descriptions.get(key)
        const isLate = now() - startedAt > BEGIN_WITHIN_MS
        if (kept !== undefined || isLate || money.isSpent || isLeft(lender, image)) return kept
        try {
          const text = descriptionIn(
            await ask(descriptionRequest(model, image), { ...context, signal }),
          )
          descriptions.set(key, text)
          pause.succeeded(lender)
          return text
        } catch (thrown) {
          const error = asGatewayError(thrown)
          if (isBudgets(error)) refused(error, lender, money)
          else if (!signal.aborted) failed(error, { lender, key })
          return undefined
        }
      },
      context.signal,
    )
  }

  /** A budget refuses: that says nothing of the lender, and may be over with the next request. */
  const refused = (error: GatewayError, lender: string, money: Money): void => {
    money.isSpent ||= error.kind === 'billing_error'
    if (!money.isNamed) {
      const what = `${lender} describes no images for now (${error.message}); the request goes on without`
      log.warn({ kind: error.kind }, what)
    }
    money.isNamed = true
  }

  /** What is wrong with one image is remembered of that one only. */
  const failed = (error: GatewayError, { lender, key }: { lender: string; key: string }): void => {
    const ms = pause.failed(isAboutImage(error) ? key : lender)
    if (ms === undefined) return
    const seconds = String(Math.round(ms / 1000))
    const what = isAboutImage(error) ? 'an image' : 'images'
    log.warn(
      { kind: error.kind, cause: error.cause },
      `${lender} could not describe ${what} (${error.message}); requests go on without, for ${seconds} s at least`,
    )
  }

  const replaced = (
    context: Pick<DescribableRequest, 'request' | 'size'>,
    model: string,
    { images, texts }: { images: readonly FoundImage[]; texts: ReadonlyMap<string, string> },
  ): Described => {
    const { request, size, described } = withDescriptions(context, images, { texts, model })
    return { request, size, dropped: described === 0 ? [] : [describedBy(model)] }
  }

  return {
    isConfigured: visionLender(config, session.preference, config.router) !== undefined,
    takesNoImages,
    lenderFor,
    async describe(context, model) {
      const lender = formatModelRef(model)
      const images = imagesOf(context.request)
      const fresh = images
        .filter((image) => known(lender, image) === undefined && !isLeft(lender, image))
        .slice(0, MOST_NEW)
      // One for all of them, so that the client's signal is listened to once.
      const signal = AbortSignal.any([context.signal])
      setMaxListeners(MOST_NEW + 1, signal)
      const money = { isSpent: false, isNamed: false }
      const asking = { ...context, signal, money }
      await Promise.all(fresh.map((image) => descriptionOf(image, model, asking)))
      return replaced(context, lender, { images, texts: textsOf(lender, images) })
    },
    async counted(context, candidate) {
      if (context.size.images === 0 || !takesNoImages(candidate)) return context
      const model = await lenderFor(context, candidate)
      if (model === undefined) return context
      const lender = formatModelRef(model)
      const images = imagesOf(context.request)
      const { request, size } = replaced(context, lender, {
        images,
        texts: textsOf(lender, images),
      })
      return {
        ...context,
        request,
        size,
        bytes: request === context.request ? context.bytes : undefined,
      }
    },
  }

  function textsOf(lender: string, images: readonly FoundImage[]): ReadonlyMap<string, string> {
    const texts = images.map((image) => [image.hash, known(lender, image)] as const)
    return new Map(texts.flatMap(([hash, text]) => (text === undefined ? [] : [[hash, text]])))
  }
}

/** Whether a budget has refused the request, of whose money something may be free again in a moment. */
function isBudgets({ origin, kind }: GatewayError): boolean {
  return origin === 'gateway' && (kind === 'billing_error' || kind === 'rate_limit_error')
}

function keyOf(lender: string, { hash }: FoundImage): string {
  return `${lender} ${hash}`
}
