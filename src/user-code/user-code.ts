import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Config, RouterConfig } from '../config/config.ts'
import type { Logger } from '../lib/log.ts'
import type { MessagesRequest } from '../messages/request.ts'
import { createUserCode, type UserCode, type UserCodeParts } from './in-process.ts'
import { createThreadedUserCode } from './in-thread.ts'
import { createProjectRouter } from './project-router.ts'
import { withUserPrompt } from './system-prompt.ts'

/** Everything of the user's own that has a say in requests. */
export interface RequestExtensions extends UserCode {
  /** The Router of the project that a client's session belongs to. */
  routerOf(sessionId: string | undefined): Promise<RouterConfig | undefined>
  /** The request with the user's own system prompt, where it has one to replace. */
  prompted(request: MessagesRequest): Promise<MessagesRequest>
}

export interface RequestExtensionsParts {
  readonly config: Config
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Logger
}

const ROUTER_MS = 2_000
const TRANSFORM_MS = 10_000

export function createRequestExtensions({
  config,
  env,
  log,
}: RequestExtensionsParts): RequestExtensions {
  const { systemPrompt } = config.extensions
  const user = env['HOME'] || homedir()
  const projects = createProjectRouter({
    home: env['CCR_HOME'] || join(user, '.claude-code-router'),
    clientHome: env['CLAUDE_CONFIG_DIR'] || join(user, '.claude'),
    log,
  })
  const limits = { router: ROUTER_MS, request: TRANSFORM_MS, response: config.apiTimeoutMs }
  return {
    ...ownOf({ config, limits, log }),
    routerOf: (id) => (id === undefined ? Promise.resolve(undefined) : projects.find(id)),
    prompted: (request) =>
      systemPrompt === '' ? Promise.resolve(request) : withUserPrompt(request, systemPrompt, log),
  }
}

/** Without own code there is no thread. When run from the sources, own code runs beside the rest. */
function ownOf(parts: UserCodeParts): UserCode {
  const { transformers, router } = parts.config.extensions
  const isNone = transformers.length === 0 && router === ''
  if (isNone || import.meta.url.endsWith('.ts')) return createUserCode(parts)
  // Its place beside the other chunks: scripts/build.mjs.
  return createThreadedUserCode(new URL('./own-code.js', import.meta.url), parts)
}
