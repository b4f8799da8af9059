import { describe, expect, it } from 'vitest'
import {
  added,
  args,
  call,
  completed,
  event,
  message,
  streamed,
  text,
  USAGE,
} from '../../../test/support/responses.ts'
import { chatBytes, reads, sdkMessage } from '../../../test/support/stream.ts'

describe('the end of an answer of Responses', () => {
  it.each([
    ['max_output_tokens', 'max_tokens'],
    ['content_filter', 'refusal'],
    ['something_new', 'max_tokens'],
  ])('that is incomplete by %s stops with %s', async (reason, stop) => {
    const end = event('incomplete', {
      response: { status: 'incomplete', incomplete_details: { reason }, usage: USAGE },
    })
    expect((await message(text('x'), end)).stop_reason).toBe(stop)
  })

  it.each([
    [
      'rate_limit_error',
      event('failed', {
        response: { error: { code: 'rate_limit_exceeded', message: 'slow down' } },
      }),
    ],
    ['rate_limit_error', { type: 'error', code: 'rate_limit_exceeded', message: 'slow down' }],
    ['api_error', { type: 'error', error: { type: 'server_error', message: 'slow down' } }],
    ['api_error', { error: { message: 'slow down' } }],
  ])('with an error inside fails with %s', async (kind, error) => {
    await expect(message(text('x'), error)).rejects.toMatchObject({ kind, message: 'p: slow down' })
  })

  it('that failed without a reason, or is not JSON, fails', async () => {
    await expect(message(text('x'), event('failed'))).rejects.toMatchObject({ kind: 'api_error' })
    await expect(message('<html>')).rejects.toThrow('not JSON')
  })

  it('with an overflow inside says that the prompt is too long', async () => {
    const error = {
      type: 'error',
      code: 'context_length_exceeded',
      message: 'Your input exceeds the context window of this model.',
    }
    await expect(message(error)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('prompt is too long') as string,
    })
  })

  it.each([
    ['nothing at all', ''],
    ['text and then the end', chatBytes(text('half'))],
    ['a call and then [DONE]', chatBytes(added(0, call('a')), args(0, '{"x'), '[DONE]')],
  ])('that is cut fails: %s', async (_, bytes) => {
    await expect(streamed(reads(bytes))).rejects.toMatchObject({ kind: 'api_error', status: 502 })
  })

  it('ends at its last event though the socket stays open', async () => {
    async function* held(): AsyncGenerator<Uint8Array> {
      yield* reads(chatBytes(text('x'), completed()))
      await new Promise(() => undefined)
    }
    expect(await sdkMessage(await streamed(held()))).toMatchObject({ stop_reason: 'end_turn' })
  })
})
