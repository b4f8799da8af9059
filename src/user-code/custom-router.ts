/** `CUSTOM_ROUTER_PATH`: calls the user's function that names the model for a request. */
import { EventEmitter } from 'node:events'
import type { Config } from '../config/config.ts'
import type { Logger } from '../lib/log.ts'
import { userModule } from './user-module.ts'
import { callUserCode, userLog, WITHOUT_IT } from './call-user-code.ts'

/** What the custom router is given of a request. */
export interface RouterQuestion {
  /** The request's body, which the router may change. */
  readonly body: unknown
  readonly headers: Readonly<Record<string, unknown>>
  /** Path and method of the HTTP request, in the form of claude-code-router 2: `/v1/messages?beta=true`, `POST`. */
  readonly url: string
  readonly method: string
  readonly sessionId: string | undefined
  /** Input tokens, estimated. */
  readonly tokenCount: number
}

export interface RouterAnswer {
  /** `provider,model`; undefined when the router leaves the choice to the rules. */
  readonly model: string | undefined
  /** The request's body after the call; may be absent if it is unchanged. */
  readonly body?: unknown
}

export interface CustomRouter {
  /** Undefined when the router fails or takes too long, which is logged. */
  choose(question: RouterQuestion): Promise<RouterAnswer | undefined>
}

export interface CustomRouterParts {
  readonly path: string
  readonly config: Config
  readonly limitMs: number
  readonly log: Logger
}

export function createCustomRouter({
  path,
  config,
  limitMs,
  log,
}: CustomRouterParts): CustomRouter {
  const module = userModule(path)
  const name = `custom router ${path}`
  const routerLog = userLog(log, name)
  return {
    async choose(question) {
      const outcome = await callUserCode(
        { name, limitMs, log, consequence: WITHOUT_IT },
        async () => {
          const { exported } = await module.current()
          const route = await exported
          if (typeof route !== 'function') throw new TypeError('it exports no function')
          const req = { log: routerLog, ...question }
          const args = [req, configForRouter(config), { event: new EventEmitter() }]
          const chosen = (await Reflect.apply(route, undefined, args)) as unknown
          return { chosen, body: req.body }
        },
      )
      if ('failed' in outcome) return undefined
      const { chosen, body } = outcome.value
      if (typeof chosen === 'string') return { model: chosen.trim() || undefined, body }
      if (chosen) log.warn({}, `${name} gave no text; expected "provider,model" or null`)
      return { model: undefined, body }
    },
  }
}

/** The config under the keys of its file; a copy, because the config is shared. */
function configForRouter(config: Config): object {
  const providers = config.providers.map(({ name, url, apiKey, models, transformer }) => ({
    name,
    api_base_url: url,
    api_key: apiKey,
    models,
    ...(transformer === undefined ? {} : { transformer }),
  }))
  return structuredClone({
    Providers: providers,
    providers,
    Router: config.router,
    fallback: config.fallback,
    PORT: config.port,
    HOST: config.host,
    APIKEY: config.apiKey,
    LOG: config.log,
    LOG_LEVEL: config.logLevel,
    API_TIMEOUT_MS: config.apiTimeoutMs,
    PROXY_URL: config.proxyUrl,
    CLAUDE_PATH: config.claudePath,
    NON_INTERACTIVE_MODE: config.nonInteractive,
    CUSTOM_ROUTER_PATH: config.extensions.router,
  })
}
