/** The temporary environment of `ccr demo`: separate homes for ccr and claude, and none of the user's files. */
import { randomInt } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SessionRef, sessionRef } from '../../../session/identity.ts'
import type { Env } from '../../../lib/env.ts'
import { stopSession } from '../../../session/stop.ts'

export interface Sandbox {
  readonly folder: string
  /** An empty folder to work in. */
  readonly work: string
  /** One session for each model. */
  readonly sessions: readonly DemoSession[]
}

export interface DemoSession {
  readonly model: string
  readonly ref: SessionRef
  /** The environment of commands for this session. */
  readonly env: Readonly<Record<string, string>>
}

/** Below the ephemeral ports of all systems; a port that is in use is skipped. */
const PORTS = { from: 20_000, to: 32_000 }

/** Variables for Claude Code and ccr in the user's environment, which must not affect the demo. */
const EXCLUDED = /^(ANTHROPIC_|CLAUDE_CODE_|CLAUDECODE$|CLAUDE_CONFIG_DIR$|CCR_)/i

/** Creates the folders and the config; `tearDown` removes them. */
export async function setUp(env: Env, models: readonly string[]): Promise<Sandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'ccr-demo-'))
  const folderAt = (name: string): string => join(folder, name)
  for (const name of ['ccr', 'home', 'tmp', 'work']) await mkdir(folderAt(name), { mode: 0o700 })
  const config = {
    PORT: randomInt(PORTS.from, PORTS.to),
    Providers: [{ name: 'demo' }],
    Router: { default: `demo,${models[0] ?? ''}` },
  }
  await writeFile(join(folderAt('ccr'), 'config.json'), JSON.stringify(config), { mode: 0o600 })
  const inherited: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !EXCLUDED.test(name)) inherited[name] = value
  }
  const common = {
    ...inherited,
    CCR_HOME: folderAt('ccr'),
    HOME: folderAt('home'),
    USERPROFILE: folderAt('home'),
    TMPDIR: folderAt('tmp'),
    TEMP: folderAt('tmp'),
    TMP: folderAt('tmp'),
    CLAUDE_CONFIG_DIR: join(folderAt('home'), '.claude'),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  }
  const sessions = models.map((model) => {
    const sessionEnv = { ...common, CCR_MODEL_PREFERENCE: `demo,${model}` }
    return { model, env: sessionEnv, ref: sessionRef(sessionEnv) }
  })
  return { folder, work: folderAt('work'), sessions }
}

/** Stops the sessions and removes all files. */
export async function tearDown({ folder, sessions }: Sandbox): Promise<void> {
  try {
    await Promise.all(sessions.map(({ ref }) => stopSession(ref, { force: true })))
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  }
}
