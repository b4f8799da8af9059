/**
 * The real client on top: conversations of three turns while one provider fails every tenth turn.
 * Without the client, which `npm run test:e2e` installs, this is skipped and says so.
 */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installedClient } from '../e2e/client.ts'
import { clientHome } from '../e2e/harness.ts'
import { randomOf, seedOfRun } from '../faults/random.ts'
import type { Ccr } from '../support/ccr.ts'
import { FAULTS, type Fault } from './faults.ts'
import { answerTo, startProvider, type Trouble } from './provider.ts'
import { requires } from '../support/requires.ts'

/** Until a silent provider is given up, ms: far over what a good answer takes. */
const SILENCE_MS = 8_000

const CONVERSATIONS = 12
const TURNS = 3
/** Clients that run side by side. */
const AT_ONCE = 4
/** One of so many turns meets a fault. */
const EVERY = 10

const claude = installedClient()
const CLIENT = requires(claude !== undefined, {
  what: 'the real client (npm run test:e2e installs it)',
  fine: "the vendor's SDK meets the same faults",
})

const random = randomOf(seedOfRun())
/** The fault of every tenth turn: in turn one before the first word and one after it. */
const planned = plannedFaults()

let ccr: Ccr
let steady: Trouble
let shaky: Trouble

function turnName(conversation: number, turn: number): string {
  return `conversation client ${String(conversation)}/turn ${String(turn)}/try 0`
}

function plannedFaults(): ReadonlyMap<string, Fault> {
  // A request that is never answered ends the turn, as it must not be sent again.
  const known = FAULTS.filter(({ billed, begun }) => billed === begun)
  const kinds = [false, true].map((begun) => known.filter((fault) => fault.begun === begun))
  const faults = new Map<string, Fault>()
  for (let nth = EVERY / 2; nth < CONVERSATIONS * TURNS; nth += EVERY) {
    const name = turnName(Math.floor(nth / TURNS), nth % TURNS)
    faults.set(name, random.one(kinds[faults.size % kinds.length] ?? FAULTS))
  }
  return faults
}

/** Whether a provider has received the turn: a fault happens once. */
const hasArrived = (name: string): boolean =>
  [shaky, steady].some(({ served }) => served.some(({ attempt }) => attempt === name))

/** Gives the client one turn after the other, each when the previous one is over. */
async function converse(conversation: number): Promise<readonly string[]> {
  const stream = ['--input-format', 'stream-json', '--output-format', 'stream-json']
  const more = ['--include-partial-messages', '--verbose', '--dangerously-skip-permissions']
  const child = ccr.spawn(['code', '-p', ...stream, ...more])
  const ended = once(child, 'close')
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const say = (turn: number): void => {
    const content = `go on [${turnName(conversation, turn)}]`
    child.stdin?.write(`${JSON.stringify({ type: 'user', message: { role: 'user', content } })}\n`)
  }
  const answers: string[] = []
  say(0)
  for await (const line of createInterface({ input: child.stdout! })) {
    const event = JSON.parse(line) as { type: string; result?: string }
    if (event.type === 'stream_event') shaky.received(turnName(conversation, answers.length))
    if (event.type !== 'result') continue
    answers.push(event.result ?? '')
    if (answers.length < TURNS) say(answers.length)
    else child.stdin?.end()
  }
  expect(await ended, stderr).toEqual([0, null])
  return answers
}

describe('the real client and a provider in trouble', CLIENT, () => {
  beforeAll(async () => {
    steady = await startProvider(() => undefined)
    shaky = await startProvider((name) => (hasArrived(name) ? undefined : planned.get(name)))
    const timeouts = { firstByte: SILENCE_MS, idle: SILENCE_MS }
    const provider = { api_key: 'k', models: [], timeouts }
    ccr = await clientHome(
      {
        Providers: [
          { name: 'steady', api_base_url: steady.url, ...provider },
          { name: 'shaky', api_base_url: shaky.url, ...provider },
        ],
        Router: { default: 'shaky,m' },
        fallback: { default: ['steady,m'] },
      },
      claude,
    )
    await ccr.start()
  })
  afterAll(async () => {
    await ccr.remove()
    for (const provider of [steady, shaky]) await provider.close()
  })

  const title = `${String(CONVERSATIONS)} conversations end with the right text, nothing paid twice`
  it(`${title} (seed ${String(random.seed)})`, { timeout: 300_000 }, async () => {
    const left = Array.from({ length: CONVERSATIONS }, (_, conversation) => conversation)
    const worker = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const turns = Array.from({ length: TURNS }, (_, turn) => answerTo(turnName(next, turn)))
        expect(await converse(next)).toEqual(turns)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))

    const all = [...shaky.served, ...steady.served]
    const billed = all.filter(({ fault }) => fault === undefined || fault.billed)
    const status = await ccr.run(['status', '--json'])
    expect(JSON.parse(status.stdout)).toMatchObject({ requests: { running: 0 } })
    // What a session has not written yet it writes when it ends.
    expect(await ccr.run(['stop'])).toMatchObject({ code: 0 })
    // Each request of the client is paid once: what has begun to answer is all that answers.
    const { stdout } = await ccr.run(['usage', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ total: { requests: billed.length } })
    const after = all.filter(({ fault }) => fault?.billed)
    // Only a fault after the first word makes the client ask again.
    expect(billed.length - CONVERSATIONS * TURNS).toBe(after.length)
    const faults = all.flatMap(({ fault }) => (fault === undefined ? [] : [fault.name]))
    process.stdout.write(`  ${String(all.length)} requests, faults: ${faults.join('; ')}\n`)
  })
})
