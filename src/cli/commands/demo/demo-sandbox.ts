/** The throwaway world of `ccr demo`: a home for ccr, a home for claude, nothing of the user's. */
import { randomInt } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Env, type SessionRef, sessionRef } from '../../../session/identity.ts'
import { stopSession } from '../../../session/stop.ts'

export interface Stage {
  readonly folder: string
  /** An empty folder to work in. */
  readonly work: string
  /** One session for each model asked for. */
  readonly seats: readonly Seat[]
}

export interface Seat {
  readonly model: string
  readonly ref: SessionRef
  /** The environment of commands that mean this session. */
  readonly env: Readonly<Record<string, string>>
}

/** Below the ports that systems hand out by themselves; a port that is taken is passed over. */
const PORTS = { from: 20_000, to: 32_000 }

/** What the user's environment says about Claude Code and ccr, which must not reach the demo. */
const OWN = /^(ANTHROPIC_|CLAUDE_CODE_|CLAUDECODE$|CLAUDE_CONFIG_DIR$|CCR_)/i

/** Makes the folders and the config; `tearDown` removes them. */
export async function setUp(env: Env, models: readonly string[]): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'ccr-demo-'))
  const place = (name: string): string => join(folder, name)
  for (const name of ['ccr', 'home', 'tmp', 'work']) await mkdir(place(name), { mode: 0o700 })
  const config = {
    PORT: randomInt(PORTS.from, PORTS.to),
    Providers: [{ name: 'demo' }],
    Router: { default: `demo,${models[0] ?? ''}` },
  }
  await writeFile(join(place('ccr'), 'config.json'), JSON.stringify(config), { mode: 0o600 })
  const inherited: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !OWN.test(name)) inherited[name] = value
  }
  const common = {
    ...inherited,
    CCR_HOME: place('ccr'),
    HOME: place('home'),
    USERPROFILE: place('home'),
    TMPDIR: place('tmp'),
    TEMP: place('tmp'),
    TMP: place('tmp'),
    CLAUDE_CONFIG_DIR: join(place('home'), '.claude'),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  }
  const seats = models.map((model) => {
    const own = { ...common, CCR_MODEL_PREFERENCE: `demo,${model}` }
    return { model, env: own, ref: sessionRef(own) }
  })
  return { folder, work: place('work'), seats }
}

/** Stops the sessions and removes every trace. */
export async function tearDown({ folder, seats }: Stage): Promise<void> {
  try {
    await Promise.all(seats.map(({ ref }) => stopSession(ref, { force: true })))
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  }
}
