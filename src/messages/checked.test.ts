import { describe, expect, it } from 'vitest'
import { sdkMessage, testWriter } from '../../test/support/stream.ts'
import { GatewayError } from './error.ts'

/** A value as a careless server sends it. */
const wrong = (value: unknown) => value as never

describe('the writer, told things of the wrong type', () => {
  it('refuses content that is no text', () => {
    const writer = testWriter()
    expect(() => writer.text(wrong(5))).toThrow(GatewayError)
    expect(() => writer.thinking(wrong(null))).toThrow(GatewayError)
    expect(() => writer.tool('0', { name: 'A', args: wrong({}) })).toThrow(GatewayError)
    expect(writer.take()).toEqual([])
  })

  it('takes a call whose id is no text for one without, and counts that are none for 0', async () => {
    const writer = testWriter()
    writer.tool('0', { id: wrong(7), name: 'A', args: '{}' })
    writer.usage({
      input_tokens: wrong('many'),
      output_tokens: 3,
      cache_creation_input_tokens: -1,
      cache_read_input_tokens: NaN,
    })
    writer.stop('tool_use', wrong(3))
    writer.finish()
    expect(await sdkMessage(writer.take())).toMatchObject({
      content: [{ id: 'toolu_1', name: 'A' }],
      stop_sequence: null,
      usage: {
        input_tokens: 0,
        output_tokens: 3,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
      },
    })
  })
})
