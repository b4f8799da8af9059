/** Combines what the user adds to requests: code, project routers and a system prompt. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Config, RouterConfig } from '../config/config.ts'
import type { Logger } from '../lib/log.ts'
import type { MessagesRequest } from '../messages/request.ts'
import { createUserCode, type UserCode, type UserCodeParts } from './in-process.ts'
import { createThreadedUserCode } from './in-thread.ts'
import { createProjectRouter } from './project-router.ts'
import { withUserPrompt } from './system-prompt.ts'

/** All of the user's extensions that change or route requests. */
export interface RequestExtensions extends UserCode {
  /** The Router of the project to which the client's session belongs. */
  routerOf(sessionId: string | undefined): Promise<RouterConfig | undefined>
  /** The request with the user's system prompt in place of the client's; unchanged if there is none to replace. */
  withSystemPrompt(request: MessagesRequest): Promise<MessagesRequest>
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
    ...userCodeFor({ config, limits, log }),
    routerOf: (id) => (id === undefined ? Promise.resolve(undefined) : projects.find(id)),
    withSystemPrompt: (request) =>
      systemPrompt === '' ? Promise.resolve(request) : withUserPrompt(request, systemPrompt, log),
  }
}

/** No thread without user code. When ccr runs from its sources, user code runs in the main thread. */
function userCodeFor(parts: UserCodeParts): UserCode {
  const { transformers, router } = parts.config.extensions
  const isNone = transformers.length === 0 && router === ''
  if (isNone || import.meta.url.endsWith('.ts')) return createUserCode(parts)
  // scripts/build.mjs puts this file beside the other chunks. A running daemon of an earlier build
  // loads it by this name, so the name stays.
  return createThreadedUserCode(new URL('./own-code.js', import.meta.url), parts)
}
