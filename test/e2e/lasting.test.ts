/** Minutes in a session that its launcher started itself: longer than any limit of getting there. */
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collected } from '../support/ccr.ts'
import { answer, calls, text } from '../support/replies.ts'
import type { Seen } from '../support/upstream.ts'
import { by, messagesText, startHarness, type Harness } from './harness.ts'

const CONVERSATION_MS = 180_000
/** Each answer of the models that are compared takes so long. */
const COMPARED_MS = 75_000
/** The model uses a tool so often, and is silent for this long each time. */
const TURNS = 8
const SILENT_MS = CONVERSATION_MS / (TURNS + 1)

let on: Harness
beforeAll(async () => {
  on = await startHarness({ more: ['model-c'] })
  on.upstream.script(reply)
})
afterAll(() => on.close())

const echo = { name: 'Bash', input: { command: 'echo hi' } }

function reply(seen: Seen) {
  const history = messagesText(seen)
  if (history.includes('the compared question')) {
    return text(`compared by ${seen.body.model}`, { before: COMPARED_MS })
  }
  if (!history.includes('the long task')) return text('a side request')
  if (by('tool', seen).length < TURNS) return calls([echo], { before: SILENT_MS })
  return answer([{ text: 'all ' }, { text: 'is done' }], {
    pieces: 4,
    dripMs: SILENT_MS / 8,
  })
}

interface Listed {
  readonly modelPreference: string
  readonly pid: number
  readonly referenceCount: number
}

async function sessions(): Promise<readonly Listed[]> {
  return JSON.parse((await on.ccr.run(['sessions', '--json'])).stdout) as Listed[]
}

const LIMIT_MS = CONVERSATION_MS + 120_000

/** The daemons of a preference, as seen every few seconds until the work is done. */
async function daemonsDuring(work: Promise<unknown>, preference: string): Promise<Set<number>> {
  const seen = new Set<number>()
  const over = work.then(() => true)
  while (!(await Promise.race([over, after(5_000)]))) {
    for (const { modelPreference, pid } of await sessions()) {
      if (modelPreference === preference) seen.add(pid)
    }
  }
  return seen
}

describe.concurrent('minutes in a session', () => {
  it(
    'a conversation that the launcher started keeps its daemon and all its answers',
    async () => {
      const started = performance.now()
      const working = on.ask('the long task', { preference: 'fake,model-a' })
      const pids = await daemonsDuring(working, 'fake,model-a')
      expect(await working).toMatchObject({ code: 0, stdout: 'all is done\n' })
      expect(performance.now() - started).toBeGreaterThan(CONVERSATION_MS - SILENT_MS)
      expect(pids.size).toBe(1)
      const requests = on.upstream.requests.filter((seen) =>
        messagesText(seen).includes('the long task'),
      )
      // Nothing was asked twice, and no answer of a tool was lost.
      expect(requests.map((seen) => by('tool', seen).length)).toEqual(
        Array.from({ length: TURNS + 1 }, (_, n) => n),
      )
      const left = (await sessions()).find((row) => row.modelPreference === 'fake,model-a')
      expect(left).toMatchObject({ pid: [...pids][0], referenceCount: 0 })
    },
    LIMIT_MS,
  )

  it(
    'a comparison whose answers take longer than a minute has all of them',
    async () => {
      const models = ['-m', 'fake,model-b', '-m', 'fake,model-c']
      const comparing = collected(
        on.ccr.spawn(['compare', ...models, '--json', 'the compared question']),
      )
      const pids = await daemonsDuring(comparing, 'fake,model-b')
      const ran = await comparing
      expect(ran.code, ran.stderr).toBe(0)
      const { models: compared } = JSON.parse(ran.stdout) as { models: readonly object[] }
      expect(compared).toMatchObject(
        ['model-b', 'model-c'].map((model) => ({
          outcome: 'answered',
          answer: `compared by ${model}`,
        })),
      )
      expect(pids.size).toBe(1)
    },
    LIMIT_MS,
  )
})
