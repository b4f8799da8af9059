/** Opens the parts of a daemon that the session's config describes. */
import type { Config } from '../config/config.ts'
import type { DemoProvider } from '../demo/server.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { createGateway } from '../gateway/gateway.ts'
import type { Logger } from '../lib/log.ts'
import { silent } from '../lib/log.ts'
import type { Env, SessionRef } from '../session/identity.ts'
import type { Sink } from './log.ts'
import { createLog } from './log.ts'
import { createMask, isSecretName } from './mask.ts'
import type { Setup } from './setup.ts'
import { isDemoProvider } from './setup.ts'

interface LogParts {
  readonly token: string
  readonly env: Env
  readonly sink: Sink
}

/** The session's log, which knows every secret of the config so that none gets into it. */
export function openLog(config: Config, { token, env, sink }: LogParts): Logger {
  if (!config.log) return silent
  const keys = config.providers.map(({ apiKey }) => apiKey)
  const variables = config.variables.filter((name) => isSecretName(name.toLowerCase()))
  const values = variables.map((name) => env[name] ?? '')
  const mask = createMask([token, config.apiKey, ...keys, ...values])
  return createLog(sink, { level: config.logLevel, mask })
}

export interface Opened {
  readonly gateway: Gateway
  /** Closes the gateway and what it calls. */
  readonly close: () => Promise<unknown>
}

/** The gateway of the session, and the demo provider if its config has it. */
export async function openGateway(
  ref: SessionRef,
  { config, demo: wanted }: Setup,
  { log, env }: { readonly log: Logger; readonly env: Env },
): Promise<Opened> {
  const demo = wanted ? await startDemo() : null
  const gateway = createGateway({
    config: demo ? withDemoAt(config, demo) : config,
    session: { id: ref.id, preference: ref.preference, alias: `ccr-${ref.id}` },
    log,
    env,
  })
  return { gateway, close: () => Promise.all([gateway.close(), demo?.close()]) }
}

async function startDemo(): Promise<DemoProvider> {
  const demo = await import('../demo/server.ts')
  return demo.startDemo()
}

function withDemoAt(config: Config, { url, apiKey }: DemoProvider): Config {
  const providers = config.providers.map((provider) =>
    isDemoProvider(provider) ? { ...provider, url, apiKey } : provider,
  )
  return { ...config, providers }
}
