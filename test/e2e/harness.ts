/** The harness of the end-to-end tests: the real client, `ccr code`, a scripted provider. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { throwawayCcr, type Ccr, type Ran } from '../support/ccr.ts'
import { startUpstream, type Seen, type SeenMessage, type Upstream } from '../support/upstream.ts'

export interface AskOptions {
  readonly preference?: string
  readonly env?: Readonly<Record<string, string>>
  /** More arguments for the client. */
  readonly args?: readonly string[]
}

export interface Harness {
  readonly upstream: Upstream
  readonly ccr: Ccr
  /** `ccr code ARGS…` to its end; the preference is `fake,model-a` unless told otherwise. */
  code(args: readonly string[], options?: AskOptions): Promise<Ran>
  /** `ccr code -p PROMPT --dangerously-skip-permissions`: prints the answer's text. */
  ask(prompt: string, options?: AskOptions): Promise<Ran>
  close(): Promise<void>
}

/** Starts a fake provider `fake` (models `model-a`, `model-b` and `more`) and a home that knows it. */
export async function startHarness(
  options: { transformer?: object; more?: readonly string[] } = {},
): Promise<Harness> {
  const upstream = await startUpstream()
  const { transformer, more = [] } = options
  const ccr = await clientHome({
    Providers: [
      {
        name: 'fake',
        api_base_url: transformer ? upstream.messagesUrl : upstream.chatUrl,
        api_key: 'fake-key',
        models: ['model-a', 'model-b', ...more],
        ...(transformer ? { transformer } : {}),
      },
    ],
    Router: { default: 'fake,model-b' },
  })
  const code: Harness['code'] = (args, { preference = 'fake,model-a', env } = {}) =>
    ccr.run(['code', ...args], { preference, ...(env ? { env } : {}) })
  return {
    upstream,
    ccr,
    code,
    ask: (prompt, how) =>
      code(['-p', prompt, '--dangerously-skip-permissions', ...(how?.args ?? [])], how),
    close: async () => {
      await ccr.remove()
      await upstream.close()
    },
  }
}

/** A throwaway home with this config in which `ccr code` runs the real client, `claude`. */
export async function clientHome(config: object, claude = clientPath()): Promise<Ccr> {
  const ccr = await throwawayCcr(config, {
    CLAUDE_PATH: claude,
    // As root the client refuses to skip permissions unless it is told that it is in a sandbox.
    IS_SANDBOX: '1',
    // Nothing of a test may leave this machine.
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    SHELL: '/bin/sh',
    TERM: 'xterm-256color',
  })
  await skipFirstRun(ccr)
  return ccr
}

function clientPath(): string {
  const path = process.env['CLAUDE_PATH']
  if (!path) throw new Error('CLAUDE_PATH is not set: run these tests with npm run test:e2e')
  return path
}

/** What the client keeps after its first run: theme chosen, folder trusted. */
async function skipFirstRun(ccr: Ccr): Promise<void> {
  const state = {
    hasCompletedOnboarding: true,
    theme: 'dark',
    projects: { [ccr.work]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
  }
  await writeFile(join(ccr.home, '.claude.json'), JSON.stringify(state))
}

/** For vi.waitFor: how long a busy machine may take for what needs no time. */
export const PATIENCE = { timeout: 30_000, interval: 50 }

/** The messages with this role. */
export function by(role: string, seen: Seen): readonly SeenMessage[] {
  return seen.body.messages.filter((message) => message.role === role)
}

/** The messages of a request, as one text. */
export function messagesText(seen: Seen): string {
  return JSON.stringify(seen.body.messages)
}
