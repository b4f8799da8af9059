/** Tool calls of the real client. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { answer, calls, text, type Call } from '../support/replies.ts'
import type { Seen } from '../support/upstream.ts'
import { by, messagesText, startHarness, type Harness } from './harness.ts'

let on: Harness
/** Requests before the test at hand. */
let before: number

beforeAll(async () => {
  on = await startHarness()
})
afterAll(() => on.close())
beforeEach(() => {
  before = on.upstream.requests.length
})

const seen = (n: number): Seen => on.upstream.requests[before + n]!
const count = (): number => on.upstream.requests.length - before

const bash = (command: string, id?: string | null): Call => ({
  name: 'Bash',
  input: { command, description: 'a command of the test' },
  ...(id === undefined ? {} : { id }),
})

/** Every call of the history with the result that answers it. */
function callsAndResults(request: Seen): { args: string; result: string }[] {
  const results = by('tool', request)
  return by('assistant', request)
    .flatMap((message) => message.tool_calls ?? [])
    .map((call) => ({
      args: call.function.arguments,
      result: JSON.stringify(results.find((m) => m.tool_call_id === call.id)?.content),
    }))
}

/** No two calls of the history share an id, and each has exactly one result. */
function expectWholeHistory(request: Seen): void {
  const ids = by('assistant', request).flatMap((m) => (m.tool_calls ?? []).map((call) => call.id))
  expect(new Set(ids).size).toBe(ids.length)
  // Calls that run side by side are answered in the order in which they end.
  expect(
    by('tool', request)
      .map((m) => String(m.tool_call_id))
      .sort(),
  ).toEqual([...ids].sort())
  expect(ids.every((id) => id.length > 0)).toBe(true)
}

describe('tools of the real client', () => {
  it('a Bash call runs and its output goes back', async () => {
    on.upstream.script([calls([bash('echo out-$((40 + 2))')]), text('done it')])
    const ran = await on.ask('run it')
    expect(ran).toMatchObject({ code: 0, stdout: 'done it\n' })
    expect(callsAndResults(seen(1))[0]?.result).toContain('out-42')
    expect(seen(0).body.tools?.length).toBeGreaterThan(5)
    expect(seen(0).body['stream_options']).toMatchObject({ include_usage: true })
  })

  it('three parallel calls, deltas interleaved, all run and all come back', async () => {
    const three = ['echo a-$((1 + 1))', 'echo b-$((2 + 2))', 'echo c-$((3 + 3))']
    on.upstream.script([
      answer([{ text: 'All three.' }, ...three.map((command) => ({ call: bash(command) }))], {
        interleave: true,
        pieces: 5,
      }),
      text('three done'),
    ])
    const ran = await on.ask('run three')
    expect(ran).toMatchObject({ code: 0, stdout: 'three done\n' })
    expectWholeHistory(seen(1))
    expect(callsAndResults(seen(1)).map(({ result }) => result)).toEqual([
      expect.stringContaining('a-2'),
      expect.stringContaining('b-4'),
      expect.stringContaining('c-6'),
    ])
  })

  it('Write, then Edit: the file holds what the model meant', async () => {
    const file_path = join(on.ccr.work, 'poem.txt')
    on.upstream.script([
      calls([{ name: 'Write', input: { file_path, content: 'grüne "Rosen"\n\tC:\\Users\n' } }]),
      calls([{ name: 'Edit', input: { file_path, old_string: 'grüne', new_string: 'rote 🌹' } }], {
        split: [7, 1, 3],
      }),
      text('edited'),
    ])
    const ran = await on.ask('write a poem')
    expect(ran).toMatchObject({ code: 0, stdout: 'edited\n' })
    expect(await readFile(file_path, 'utf8')).toBe('rote 🌹 "Rosen"\n\tC:\\Users\n')
  })

  it('an image read from disk reaches the model as an image, not as text', async () => {
    const file_path = join(on.ccr.work, 'dot.png')
    await writeFile(file_path, Buffer.from(PNG, 'base64'))
    on.upstream.script([calls([{ name: 'Read', input: { file_path } }]), text('a red dot')])
    const ran = await on.ask('what is in dot.png?')
    expect(ran).toMatchObject({ code: 0, stdout: 'a red dot\n' })
    expectWholeHistory(seen(1))
    const parts = by('user', seen(1)).flatMap((message) =>
      typeof message.content === 'string' ? [] : (message.content ?? []),
    )
    const images = parts.filter((part) => part.type === 'image_url')
    expect(images).toMatchObject([
      { image_url: { url: expect.stringMatching(/^data:image\/png;base64,/) as string } },
    ])
    const { url } = images[0]!['image_url'] as { url: string }
    const others = messagesText(seen(1)).replace(url, '')
    expect(others).not.toContain(url.slice(30, 90))
  })

  it.each([
    ['the same in every turn', 'call_0'],
    ['missing', null],
    ['empty', ''],
  ])('tool ids that are %s: the history stays whole', async (_name, id) => {
    on.upstream.script([
      calls([bash('echo first-$((1 + 1))', id)]),
      calls([bash('echo second-$((2 + 2))', id)]),
      calls([bash('echo third-$((3 + 3))', id), bash('echo fourth-$((4 + 4))', id)]),
      text('all four'),
    ])
    const ran = await on.ask('run four')
    expect(ran).toMatchObject({ code: 0, stdout: 'all four\n' })
    expect(count()).toBe(4)
    expectWholeHistory(seen(3))
    expect(callsAndResults(seen(3)).map(({ result }) => result)).toEqual([
      expect.stringContaining('first-2'),
      expect.stringContaining('second-4'),
      expect.stringContaining('third-6'),
      expect.stringContaining('fourth-8'),
    ])
    expect(messagesText(seen(3))).not.toContain('interrupted')
  })

  it('a sub-agent works with the same model and reports back', async () => {
    on.upstream.script((request) => {
      const history = messagesText(request)
      if (!history.includes('agent-start')) {
        return history.includes('secret-42')
          ? text('The secret is 42.')
          : calls([bash('echo secret-$((6 * 7))')])
      }
      if (history.includes('The secret is 42.')) return text('agent said 42')
      if (history.includes('You find the secret')) return text('waiting for the agent')
      return calls([
        {
          name: 'Agent',
          input: {
            description: 'find it',
            prompt: 'You find the secret',
            subagent_type: 'general-purpose',
          },
        },
      ])
    })
    const ran = await on.ask('agent-start: ask a sub-agent')
    expect(ran.code).toBe(0)
    expect(ran.stdout).toContain('agent said 42')
    const models = on.upstream.requests.slice(before).map((request) => request.body.model)
    expect(new Set(models)).toEqual(new Set(['model-a']))
  })
})

/** An 8 x 8 picture, all red. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC'
