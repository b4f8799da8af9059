/**
 * Sessions beside a small reference model: any order of commands, clients and kills must leave
 * what the model says. fast-check finds the orders and shortens those that fail; FAULTS_SEED=N
 * repeats a run.
 */
import { writeSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { settled, type Memory } from './invariants.ts'
import { seedOfRun } from './random.ts'
import { startHarness, isClient, killHard, type Client, type Harness } from './harness.ts'

const PREFERENCES = ['', 'demo,a', 'demo/b']
/** No run begins after it; one that has begun is finished, and cleans up. */
const LIMIT_MS = 40_000
/** The third within a minute ends the revivals: a test of its own. */
const MOST_REVIVALS = 2

interface Session {
  runs: boolean
  known: boolean
  clients: number
  revivals: number
}
type Model = Record<string, Session>

interface Real {
  readonly harness: Harness
  readonly memory: Memory
}
type Command = fc.AsyncCommand<Model, Real>

/** Does something in both worlds, then compares all that can be seen. */
abstract class Step implements Command {
  readonly preference: string

  constructor(preference: string) {
    this.preference = preference
  }

  check(model: Readonly<Model>): boolean {
    return this.possible(model[this.preference]!)
  }

  async run(model: Model, { harness, memory }: Real): Promise<void> {
    steps += 1
    await this.act(model[this.preference]!, harness)
    const views = await settled(harness, memory)
    const seen = views.map(({ preference, state, referenceCount }) => ({
      preference,
      state,
      clients: referenceCount ?? 0,
    }))
    const byName = (a: { preference: string }, b: { preference: string }): number =>
      a.preference < b.preference ? -1 : 1
    const wanted = Object.entries(model)
      .filter(([, { known }]) => known)
      .map(([preference, { runs, clients }]) => {
        return { preference, state: runs ? 'running' : 'stopped', clients }
      })
    expect(seen.sort(byName)).toEqual(wanted.sort(byName))
  }

  toString(): string {
    return `${this.constructor.name}(${JSON.stringify(this.preference)})`
  }

  protected possible(session: Session): boolean {
    return session.clients >= 0
  }

  protected abstract act(session: Session, harness: Harness): Promise<void>

  protected clients(harness: Harness): Client[] {
    return harness.clients.filter(
      ({ alive, preference }) => alive && preference === this.preference,
    )
  }
}

class Start extends Step {
  protected async act(session: Session, harness: Harness): Promise<void> {
    const text = await harness.succeed('start', this.preference)
    expect(text).toContain(session.runs ? 'is already running.' : 'is running.')
    Object.assign(session, { runs: true, known: true })
  }
}

class Stop extends Step {
  protected async act(session: Session, harness: Harness): Promise<void> {
    const clients = this.clients(harness)
    const text = await harness.succeed('stop', this.preference)
    expect(text).toContain(session.runs ? ' stopped.' : ' was not running.')
    for (const client of clients) expect((await client.ended).code).not.toBe(0)
    Object.assign(session, { runs: false, clients: 0 })
  }
}

class Restart extends Step {
  protected async act(session: Session, harness: Harness): Promise<void> {
    const before = session.runs ? (await harness.view(this.preference)).pid : null
    await harness.succeed('restart', this.preference)
    expect((await harness.view(this.preference)).pid).not.toBe(before)
    Object.assign(session, { runs: true, known: true })
  }
}

class Attach extends Step {
  protected async act(session: Session, harness: Harness): Promise<void> {
    expect(isClient(await harness.attach(this.preference))).toBe(true)
    Object.assign(session, { runs: true, known: true, clients: session.clients + 1 })
  }
}

class Detach extends Step {
  protected override possible({ clients }: Session): boolean {
    return clients > 0
  }

  protected async act(session: Session, harness: Harness): Promise<void> {
    expect((await this.clients(harness)[0]?.leave())?.code).toBe(0)
    session.clients -= 1
  }
}

class KillClient extends Step {
  protected override possible({ clients }: Session): boolean {
    return clients > 0
  }

  protected async act(session: Session, harness: Harness): Promise<void> {
    const [client] = this.clients(harness)
    client?.kill()
    expect((await client?.ended)?.signal).toBe('SIGKILL')
    session.clients -= 1
  }
}

class KillDaemon extends Step {
  protected override possible({ runs, revivals }: Session): boolean {
    return runs && revivals < MOST_REVIVALS
  }

  protected async act(session: Session, harness: Harness): Promise<void> {
    const { pid } = await harness.view(this.preference)
    await killHard(pid ?? 0)
    session.runs = session.clients > 0
    if (session.runs) session.revivals += 1
  }
}

class Status extends Step {
  protected async act(session: Session, harness: Harness): Promise<void> {
    const { code, stdout } = await harness.run('status', this.preference)
    expect(code).toBe(session.runs ? 0 : 3)
    if (session.runs) {
      expect(stdout).toMatch(new RegExp(`^Reference Count: +${String(session.clients)}$`, 'm'))
    }
  }
}

let steps = 0
const STEPS = [Start, Stop, Restart, Attach, Attach, Detach, KillClient, KillDaemon, Status]

const TITLE = 'any order of commands, clients and kills leaves what the reference model says'
/** Its cases are random: a second try would hide what the first one found. */
const ONE_TRY = { timeout: 600_000, retry: 0 }

test(TITLE, ONE_TRY, async () => {
  const seed = seedOfRun()
  writeSync(2, `\nfaults: seed ${String(seed)} (FAULTS_SEED=${String(seed)})\n`)
  const preference = fc.constantFrom(...PREFERENCES)
  const kinds = STEPS.map((Kind) => preference.map((name): Command => new Kind(name)))
  const orders = fc.commands(kinds, { maxCommands: 25, size: 'max' })
  const end = performance.now() + LIMIT_MS
  const property = fc.asyncProperty(orders, async (order) => {
    if (performance.now() > end) return
    const harness = await startHarness()
    try {
      await fc.asyncModelRun(
        () => ({ model: blank(), real: { harness, memory: new Map() } }),
        order,
      )
    } finally {
      await harness.remove()
    }
  })
  await fc.assert(property, {
    seed,
    numRuns: 12,
  })
  writeSync(2, `${String(steps)} steps\n\n`)
})

function blank(): Model {
  const session = (): Session => ({ runs: false, known: false, clients: 0, revivals: 0 })
  return Object.fromEntries(PREFERENCES.map((preference) => [preference, session()]))
}
