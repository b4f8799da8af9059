/**
 * What the client is told, event for event, of streams of servers that speak Messages in their own
 * way (repair-events.cases.txt, hand-written): behind the name of each, what the server sends (`>`), what
 * the client gets (`<`), the error that ends it (`!`), and what else is known of the request (`?`).
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../messages/error.ts'
import { repairParts } from '../../../test/support/repair.ts'
import { createRepairingInspector } from './repair-stream.ts'
import type { RepairContext } from './repair-message.ts'

interface Case {
  readonly name: string
  /** Events, and frames that are none as they are. */
  readonly sent: readonly (string | { readonly type: string })[]
  readonly expected: readonly string[]
  readonly more: Partial<RepairContext>
}

const CASES = readFileSync(new URL('repair-events.cases.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n\n')
  .map((text): Case => {
    const [name = '', ...lines] = text.split('\n')
    const behind = (mark: string): readonly string[] =>
      lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(2))
    return {
      name: name.slice(2),
      sent: behind('>').map((line) => JSON.parse(line) as Case['sent'][number]),
      expected: lines.filter((line) => /^[<!]/.test(line)),
      more: JSON.parse(behind('?')[0] ?? '{}') as Partial<RepairContext>,
    }
  })

const frameOf = (one: Case['sent'][number]): string =>
  typeof one === 'string' ? one : `event: ${one.type}\ndata: ${JSON.stringify(one)}\n\n`

/** What is told of each chunk. */
function outcome(chunks: readonly string[], more: Partial<RepairContext>): readonly string[] {
  const inspector = createRepairingInspector(repairParts(more))
  const expected: string[] = []
  const take = (bytes: Uint8Array | undefined): void => {
    for (const frame of String(Buffer.from(bytes ?? [])).split('\n\n')) {
      if (frame !== '') expected.push(`< ${dataOf(frame)}`)
    }
  }
  try {
    for (const chunk of chunks) if (!inspector.isOver()) take(inspector.push(Buffer.from(chunk)))
    take(inspector.end())
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown
    expected.push(`! ${thrown.kind} ${String(thrown.status)} ${thrown.message}`)
  }
  return expected
}

/** The data of an event under its name, or what stands there instead. */
function dataOf(frame: string): string {
  const [, name, data, type] = /^event: (.*)\ndata: (\{"type":"([^"]+)".*)$/.exec(frame) ?? []
  return data !== undefined && name === type ? data : JSON.stringify(frame)
}

describe('of a stream of a Messages API the client is told', () => {
  it.each(CASES)('$name', ({ sent, expected, more }) => {
    expect(outcome(sent.map(frameOf), more)).toEqual(expected)
  })

  it.each(CASES)('$name, also in one piece', ({ sent, expected, more }) => {
    expect(outcome([sent.map(frameOf).join('')], more)).toEqual(expected)
  })
})

describe('how many events are told of each that comes', () => {
  const start = { type: 'message_start', message: { id: 'i', model: 'm', content: [] } }
  const call = (id: string, name = 'Bash'): Case['sent'][number] => {
    const content_block = { type: 'tool_use', id, name, input: {} }
    return frameOf({ type: 'content_block_start', index: 0, content_block } as { type: string })
  }
  const args = (partial_json: string): Case['sent'][number] => {
    const delta = { type: 'input_json_delta', partial_json }
    return frameOf({ type: 'content_block_delta', index: 0, delta } as { type: string })
  }
  const stop = frameOf({ type: 'content_block_stop', index: 0 } as { type: string })
  const toolNames = ['Bash', 'BashOutput']

  it.each<readonly [string, Case['sent'], readonly number[], Partial<RepairContext>]>([
    ['all at once', [call('a'), args('{"a"'), args(':1}'), stop], [2, 1, 1, 1], {}],
    [
      'all at once, empty pieces too',
      [call('a'), args(''), args('{"a":1}'), stop],
      [2, 1, 1, 1],
      {},
    ],
    [
      'arguments that are blank so far wait',
      [call('a'), args(' '), args('{"a":1}')],
      [2, 0, 2],
      {},
    ],
    ['an empty object waits', [call('a'), args('{}'), args(''), stop], [2, 0, 0, 3], {}],
    [
      'a name that may go on waits',
      [call('a'), args(' '), args('{"a":1}'), stop],
      [0, 0, 4, 1],
      { toolNames },
    ],
    ['a name that may go on waits, to the end', [call('a'), stop], [0, 3], { toolNames }],
    [
      'a beginning of a name waits',
      [call('a', 'Ba'), args('{"a":1}'), stop],
      [0, 0, 4],
      { toolNames },
    ],
    [
      'a second call is told at once',
      [call('a'), args('{"a":1}{"a":2}'), stop],
      [0, 6, 1],
      { toolNames },
    ],
    [
      'a call ends where another begins',
      [call('a'), args('{"a":1}'), call('b'), args('{"a":2}')],
      [2, 1, 2, 1],
      {},
    ],
  ])('%s', (_, sent, counts, more) => {
    const inspector = createRepairingInspector(repairParts(more))
    inspector.push(Buffer.from(frameOf(start)))
    const expected = sent.map((one) =>
      String(Buffer.from(inspector.push(Buffer.from(frameOf(one))) ?? [])),
    )
    expect(expected.map((text) => text.split('\n\n').length - 1)).toEqual(counts)
  })
})
