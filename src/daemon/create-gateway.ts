/** Opens the parts of a daemon that the session's config describes. */
import type { Config } from '../config/config.ts'
import { isDemoProvider } from '../config/demo.ts'
import type { DemoProvider } from '../demo/server.ts'
import { createGateway } from '../gateway/gateway.ts'
import type { Descriptions } from '../gateway/lending/descriptions.ts'
import type { ModelReports } from '../gateway/model-reports.ts'
import type { BudgetGuard } from '../budget/budget-guard.ts'
import type { Opened } from '../gateway/hot-swap.ts'
import type { RouteRecord } from '../gateway/telemetry/route-trace.ts'
import type { Logger } from '../lib/log.ts'
import { commandLine } from '../lib/command-line.ts'
import { sessionModelAlias, type SessionRef } from '../session/identity.ts'
import type { Env } from '../lib/env.ts'
import type { RequestRow } from '../store/ledger.ts'
import type { Store } from '../store/store.ts'
import type { Setup } from '../session/setup.ts'

export interface GatewayNeeds {
  readonly log: Logger
  readonly env: Env
  /** The port of the session, 0 before it has one. */
  readonly sessionPort: () => number
  readonly onRoute: (record: RouteRecord) => void
  readonly onRequest: (row: RequestRow) => void
  readonly store: Store
  readonly reports: ModelReports
  readonly budgetGuard: () => BudgetGuard | undefined
  /** Images are described once, also where the config changes. */
  readonly descriptions: Descriptions
  /** Called when much that was kept is kept no longer; bytes. */
  readonly onMemoryFreed: (bytes: number) => void
}

/** The gateway of the session, and the demo provider if its config has it. */
export async function createSessionGateway(
  ref: SessionRef,
  { config, demo: wanted }: Setup,
  needs: GatewayNeeds,
): Promise<Opened> {
  const demo = wanted ? await startDemo() : null
  const reporting = needs.reports.inForce(config)
  const gateway = createGateway({
    config: demo ? withDemoAt(reporting, demo) : reporting,
    session: {
      id: ref.id,
      preference: ref.preference,
      alias: sessionModelAlias(ref.id),
      restart: commandLine(ref, 'restart'),
    },
    ...needs,
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
