/** Runs the user's router and transformers in the calling thread. */
import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/config.ts'
import type { Logger } from '../lib/log.ts'
import type { ThreadData } from './thread-messages.ts'
import { createCustomRouter, type RouterAnswer, type RouterQuestion } from './custom-router.ts'
import { loadUserTransformers, type UserTransformers } from './transformers.ts'

/** The user's code: a custom router and transformers. */
export interface UserCode {
  /** Loaded once, and again when their files change; a module that cannot be loaded is logged. */
  readonly transformers: Promise<UserTransformers>
  /** Resolves to undefined when the router fails or takes too long, which is logged; absent without a router. */
  readonly choose: ((question: RouterQuestion) => Promise<RouterAnswer | undefined>) | undefined
  close(): Promise<void>
}

export interface UserCodeParts {
  readonly config: Config
  /** ms */
  readonly limits: ThreadData['limits']
  readonly log: Logger
}

/** User code in the calling thread, which it can block. */
export function createUserCode({ config, limits, log }: UserCodeParts): UserCode {
  const { transformers, router: path } = config.extensions
  const customRouter =
    path === '' ? undefined : createCustomRouter({ path, config, limitMs: limits.router, log })
  return {
    transformers: loadUserTransformers(
      transformers,
      { requestMs: limits.request, responseMs: limits.response },
      log,
    ),
    choose:
      customRouter &&
      (async (question) => {
        const answer = await customRouter.choose({
          ...question,
          body: structuredClone(question.body),
        })
        if (answer === undefined || !isDeepStrictEqual(answer.body, question.body)) return answer
        return { model: answer.model }
      }),
    close: () => Promise.resolve(),
  }
}
