import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/config.ts'
import type { Logger } from '../lib/log.ts'
import type { ThreadData } from './thread-messages.ts'
import { createCustomRouter, type RouterAnswer, type RouterQuestion } from './custom-router.ts'
import { loadUserTransformers, type UserTransformers } from './transformers.ts'

/** The user's own code: its router and its transformers. */
export interface UserCode {
  /** Loaded once, and again when their files change; what cannot be loaded was logged. */
  readonly transformers: Promise<UserTransformers>
  /** Undefined when the router fails or takes too long, which is logged; absent without a router. */
  readonly choose: ((question: RouterQuestion) => Promise<RouterAnswer | undefined>) | undefined
  close(): Promise<void>
}

export interface UserCodeParts {
  readonly config: Config
  /** ms */
  readonly limits: ThreadData['limits']
  readonly log: Logger
}

/** Own code in this thread, where it can block everything else that runs in it. */
export function createUserCode({ config, limits, log }: UserCodeParts): UserCode {
  const { transformers, router: path } = config.extensions
  const own =
    path === '' ? undefined : createCustomRouter({ path, config, limitMs: limits.router, log })
  return {
    transformers: loadUserTransformers(
      transformers,
      { requestMs: limits.request, responseMs: limits.response },
      log,
    ),
    choose:
      own &&
      (async (question) => {
        const answer = await own.choose({ ...question, body: structuredClone(question.body) })
        if (answer === undefined || !isDeepStrictEqual(answer.body, question.body)) return answer
        return { model: answer.model }
      }),
    close: () => Promise.resolve(),
  }
}
