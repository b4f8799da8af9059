import { describe, expect, it } from 'vitest'
import { sdkMessage, testWriter } from '../../test/support/stream.ts'
import { sanitizeUsage, countOf, requireText, thinkingTokens } from './sanitize.ts'
import { GatewayError } from './error.ts'

/** A value as a careless server sends it. */
const wrong = (value: unknown) => value as never

describe('the writer, told things of the wrong type', () => {
  it('refuses content that is no text', () => {
    const writer = testWriter()
    expect(() => writer.text(wrong(5))).toThrow(GatewayError)
    expect(() => requireText(undefined)).toThrow(
      expect.objectContaining({ kind: 'api_error', status: 502 }) as Error,
    )
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

describe('counts of a wire', () => {
  it.each([
    [12, 12],
    [1.5, 1.5],
    [0, 0],
    [-1, 0],
    [NaN, 0],
    [Infinity, 0],
    ['12', 0],
    [null, 0],
    [undefined, 0],
    [[12], 0],
  ])('%s counts as %s', (value, count) => {
    expect(countOf(value)).toBe(count)
  })

  it('keep what was written to each cache, and what was reasoning, for the bill', () => {
    const split = { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 }
    const usage = {
      input_tokens: 1,
      output_tokens: 2,
      cache_creation_input_tokens: 30,
      cache_read_input_tokens: 4,
      cache_creation: split,
      output_tokens_details: { thinking_tokens: 1 },
    }
    expect(sanitizeUsage(usage)).toEqual(usage)
    const odd = { ...split, ephemeral_1h_input_tokens: wrong('20') }
    expect(sanitizeUsage({ ...usage, cache_creation: odd }).cache_creation).toEqual({
      ...split,
      ephemeral_1h_input_tokens: 0,
    })
  })

  it('say nothing of caches and reasoning where the wire does not', () => {
    const usage = {
      input_tokens: 1,
      output_tokens: 2,
      cache_creation_input_tokens: 3,
      cache_read_input_tokens: 4,
    }
    expect(sanitizeUsage(usage)).toStrictEqual(usage)
    expect(thinkingTokens(undefined)).toEqual({})
    expect(thinkingTokens('5')).toEqual({})
    expect(thinkingTokens(0)).toEqual({ output_tokens_details: { thinking_tokens: 0 } })
    expect(thinkingTokens(-3)).toEqual({ output_tokens_details: { thinking_tokens: 0 } })
  })
})
