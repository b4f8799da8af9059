import { describe, expect, it } from 'vitest'
import { TARGET, testWriter } from '../../../test/support/stream.ts'
import { GatewayError } from '../../messages/error.ts'
import type { Frame } from '../../messages/events.ts'
import { decoder } from './response.ts'

/** Hand-written. */
const frame = (chunk: unknown, event = ''): Frame => ({
  event,
  data: typeof chunk === 'string' ? chunk : JSON.stringify(chunk),
})
const USAGE = { prompt_tokens: 3, completion_tokens: 2 }
const MESSAGE = { role: 'assistant', content: 'Hi' }

/** A document of Chat Completions. */
function document(choice: object = {}, more: object = {}): object {
  const choices = [{ message: MESSAGE, finish_reason: 'stop', ...choice }]
  return { object: 'chat.completion', choices, usage: USAGE, ...more }
}

function pushed(...frames: readonly Frame[]) {
  const writer = testWriter()
  const decoding = decoder(writer, TARGET)
  for (const one of frames) decoding.push(one)
  return { writer, decoding }
}

/** What the client is shown of it. */
function shown({ writer, decoding }: ReturnType<typeof pushed>): string {
  decoding.end()
  return writer
    .take()
    .map((event) => (event.type === 'content_block_delta' ? Object.values(event.delta)[1] : ''))
    .join('')
}

function thrownBy(run: () => unknown): GatewayError {
  try {
    run()
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown
    throw thrown
  }
  throw new Error('Nothing was thrown.')
}

const CHUNK = { choices: [{ delta: { content: 'Hi' }, finish_reason: 'stop' }] }
const START = { type: 'message_start', message: { id: 'm', content: [], usage: {} } }
const COMPLETED = {
  type: 'response.completed',
  response: { status: 'completed', output: [], usage: { input_tokens: 1, output_tokens: 1 } },
}

describe('nothing more is waited for', () => {
  it.each<[what: string, isDone: boolean, ...frames: Frame[]]>([
    ['at the beginning', false],
    ['behind a whole document', true, frame(document())],
    ['behind a document without a finish reason', false, frame(document({ finish_reason: null }))],
    ['behind one without usage', false, frame(document({}, { usage: null }))],
    ['behind one without a message', false, frame(document({ message: null }))],
    ['behind one with a delta', false, frame(document({ delta: MESSAGE }))],
    ['behind one without choices', false, frame({ ...document(), choices: null })],
    ['behind one with no choice', false, frame(document({}, { choices: [] }))],
    [
      'behind a chunk with a message',
      false,
      frame(document({}, { object: 'chat.completion.chunk' })),
    ],
    ['behind a finish reason', false, frame({ ...CHUNK, usage: USAGE })],
    ['behind a document that something follows', true, frame(document()), frame({ usage: USAGE })],
    ['behind the mark of the end', true, frame(CHUNK), frame('[DONE]')],
    ['behind that mark and more', true, frame(CHUNK), frame('[DONE] bye')],
    ['behind a text that ends like the mark', false, frame({ ...CHUNK, id: '[DONE]' })],
    ['in the Messages API', false, frame(START)],
    ['behind its end', true, frame(START), frame({ type: 'message_stop' })],
    ['in Responses', false, frame({ type: 'response.created', response: {} })],
    ['behind its end', true, frame(COMPLETED)],
  ])('%s: %j', (_, isDone, ...frames) => {
    expect(pushed(...frames).decoding.isDone()).toBe(isDone)
  })

  it('and a stream says its end by a mark of its own', () => {
    expect(pushed().decoding.endsWithMark).toBe(true)
  })
})

describe('an answer', () => {
  it.each<[what: string, shown: string, ...frames: Frame[]]>([
    ['of one document', 'Hi', frame(document())],
    ['without a finish reason', 'Hi', frame(document({ finish_reason: null }))],
    [
      'of a chunk that says more than it must',
      'Hi',
      frame({ ...CHUNK, message: 'ok', detail: 'x' }),
    ],
    ['with usage that says more', 'Hi', frame(CHUNK), frame({ usage: USAGE, message: 'ok' })],
    ['of Chat Completions, whatever it is called', 'Hi', frame(CHUNK, 'response.chunk')],
    ['of Chat Completions, whatever the object', 'Hi', frame({ ...CHUNK, object: 'response' })],
    ['of Chat Completions, whatever its type', 'Hi', frame({ ...CHUNK, type: 'response.x' })],
    ['though its frame is called an error', 'Hi', frame({ ...CHUNK, error: null }, 'error')],
    ['with choices that say nothing', 'Hi', frame({ choices: [null, {}] }), frame(CHUNK)],
    [
      'of the Messages API',
      'Hi',
      frame(START),
      frame({ type: 'content_block_delta', index: 0, delta: { text: 'Hi' } }),
      frame({ type: 'message_delta', delta: { stop_reason: 'end_turn' } }),
    ],
    [
      'of Responses',
      'Hi',
      frame({ type: 'response.output_text.delta', output_index: 0, delta: 'Hi' }),
      frame(COMPLETED),
    ],
    [
      'of Responses by the names of its events',
      'Hi',
      frame({ output_index: 0, delta: 'Hi' }, 'response.output_text.delta'),
      frame(COMPLETED),
    ],
  ])('%s is %j', (_, text, ...frames) => {
    expect(shown(pushed(...frames))).toBe(text)
  })

  it('of the Messages API keeps its usage though it begins twice', () => {
    const counted = (usage: object): Frame => frame({ ...START, message: { content: [], usage } })
    const { writer } = pushed(
      counted({ input_tokens: 5 }),
      counted({ output_tokens: 1 }),
      frame({ type: 'message_delta', delta: {}, usage: { output_tokens: 2 } }),
    )
    expect(writer.reported).toMatchObject({ input_tokens: 5, output_tokens: 2 })
  })

  it.each<[what: string, message: string, ...frames: Frame[]]>([
    [
      'says no end',
      'p ended its answer before it was complete (no finish reason).',
      frame({ choices: [{ delta: MESSAGE }] }),
    ],
    [
      'says nothing',
      'p ended its answer before it was complete (no finish reason).',
      frame('[DONE]'),
    ],
    [
      'of Responses says no end',
      'p ended its answer before it was complete (no response.completed).',
      frame({ type: 'response.output_text.delta', output_index: 0, delta: 'Hi' }),
    ],
    [
      'breaks off',
      'p broke off its answer (finish reason "error").',
      frame({ choices: [{ delta: MESSAGE, finish_reason: 'error' }] }),
    ],
  ])('is not whole that %s', (_, message, ...frames) => {
    const error = thrownBy(() => shown(pushed(...frames)))
    expect(error).toMatchObject({ kind: 'api_error', message, status: 502 })
  })
})

describe('an error in place of a chunk', () => {
  it.each<[what: string, kind: string, message: string, chunk: unknown, event?: string]>([
    ['a number', 'api_error', 'p sent a chunk that is not JSON.', '5'],
    ['null', 'api_error', 'p sent a chunk that is not JSON.', 'null'],
    ['null in an error', 'api_error', 'p sent a chunk that is not JSON.', 'null', 'error'],
    ['a text', 'api_error', 'p sent a chunk that is not JSON.', '"oops"'],
    ['what broke off', 'api_error', 'p sent a chunk that is not JSON.', '{"choices":['],
    ['an error', 'overloaded_error', 'p: too busy', { error: { code: 503, message: 'too busy' } }],
    ['a bare error', 'api_error', 'p: too bad', { message: 'too bad' }],
    [
      'an error by the name of the frame alone',
      'overloaded_error',
      'p: {"type":"overloaded_error"}',
      { type: 'overloaded_error' },
      'error',
    ],
    [
      'an error by its name and its field',
      'rate_limit_error',
      'p: slow down',
      { message: 'outer', error: { code: 429, message: 'slow down' } },
      'error',
    ],
    [
      'an error in its choice',
      'rate_limit_error',
      'p: slow down',
      { choices: [{ error: { code: 429, message: 'slow down' } }] },
    ],
  ])('is told: %s', (_, kind, message, chunk, event) => {
    expect(thrownBy(() => pushed(frame(chunk, event)))).toMatchObject({ kind, message })
  })
})
