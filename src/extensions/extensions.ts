import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Config, RouterConfig } from '../config/config.ts'
import type { Logger } from '../lib/log.ts'
import type { MessagesRequest } from '../messages/request.ts'
import { createOwnRouter } from './own-router.ts'
import type { RouterAnswer, RouterQuestion } from './own-router.ts'
import { loadOwnTransformers } from './own-transformers.ts'
import type { OwnTransformers } from './own-transformers.ts'
import { createProjectRouter } from './project-router.ts'
import { withOwnPrompt } from './system-prompt.ts'

/** Everything of the user's own that has a say in requests. */
export interface Extensions {
  /** Loaded once; what cannot be loaded was logged. */
  readonly transformers: Promise<OwnTransformers>
  /** Asks the custom router; undefined without one. */
  readonly choose: ((question: RouterQuestion) => Promise<RouterAnswer | undefined>) | undefined
  /** The Router of the project that a client's session belongs to. */
  routerOf(sessionId: string | undefined): Promise<RouterConfig | undefined>
  /** The request with the user's own system prompt, where it has one to replace. */
  prompted(request: MessagesRequest): Promise<MessagesRequest>
}

export interface ExtensionsParts {
  readonly config: Config
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Logger
}

const ROUTER_MS = 2_000
const TRANSFORM_MS = 10_000

export function createExtensions({ config, env, log }: ExtensionsParts): Extensions {
  const { transformers, router: path, systemPrompt } = config.extensions
  const user = env['HOME'] || homedir()
  const projects = createProjectRouter({
    home: env['CCR_HOME'] || join(user, '.claude-code-router'),
    clientHome: env['CLAUDE_CONFIG_DIR'] || join(user, '.claude'),
    log,
  })
  const own = path === '' ? undefined : createOwnRouter({ path, config, limitMs: ROUTER_MS, log })
  const limits = { requestMs: TRANSFORM_MS, responseMs: config.apiTimeoutMs }
  return {
    transformers: loadOwnTransformers(transformers, limits, log),
    choose: own && ((question) => own.choose(question)),
    routerOf: (id) => (id === undefined ? Promise.resolve(undefined) : projects.find(id)),
    prompted: (request) =>
      systemPrompt === '' ? Promise.resolve(request) : withOwnPrompt(request, systemPrompt, log),
  }
}
