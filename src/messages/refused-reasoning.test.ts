/** Thinking that a server does not take; written by hand, in the words of servers. */
import { describe, expect, it } from 'vitest'
import { allFallbacks, firstFallback } from '../../test/support/request-fallbacks.ts'
import { type ErrorKind, GatewayError } from './error.ts'
import type { MessagesRequest } from './request.ts'

const REQUEST = { model: 'x', max_tokens: 8_000, messages: [{ role: 'user', content: 'q' }] }
const ADAPTIVE = { ...REQUEST, thinking: { type: 'adaptive' } }
const refusing = (message: string, kind: ErrorKind = 'invalid_request_error') =>
  new GatewayError(kind, message)

const NO_ADAPTIVE = "thinking: Input tag 'adaptive' found using 'type' does not match"
const NO_EFFORT = "Unsupported parameter: 'reasoning_effort' is not supported with this model."
const NO_WORD = "Invalid value: 'xhigh'. It is none of ours."
const MANDATORY = 'Reasoning is mandatory for this endpoint and cannot be disabled.'
const NO_THOUGHT = 'Expected `thinking` or `redacted_thinking`, but found `tool_use`.'

describe('thinking', () => {
  it.each([
    [2_048, { type: 'enabled', budget_tokens: 1_024 }],
    [2_047, undefined],
    [undefined, undefined],
  ])('that may not be adaptive has half of %s as its budget: %j', (max_tokens, thinking) => {
    const limit = max_tokens === undefined ? {} : { max_tokens }
    const request = { ...limit, model: 'x', messages: [], thinking: { type: 'adaptive' } }
    const second = firstFallback(request, refusing(NO_ADAPTIVE))
    expect(second).toMatchObject({ without: 'thinking.adaptive', memory: 'thinking.adaptive' })
    expect(second?.request['thinking']).toEqual(thinking)
  })

  it.each<MessagesRequest>([REQUEST, { ...REQUEST, thinking: { type: 'enabled' } }])(
    'that is not adaptive does not become so: %j',
    (request) => {
      const without = allFallbacks(request, refusing(NO_ADAPTIVE)).map((change) => change.without)
      expect(without).not.toContain('thinking.adaptive')
    },
  )

  /** https://github.com/musistudio/claude-code-router/issues/1238 */
  it.each([
    [undefined, { effort: 'low' }],
    [{ effort: 'high' }, { effort: 'high' }],
    [{ format: { type: 'json' } }, { format: { type: 'json' }, effort: 'low' }],
  ])('that cannot be turned off is turned down: %j', (requested, output_config) => {
    const config = requested === undefined ? {} : { output_config: requested }
    const request = { ...REQUEST, ...config, thinking: { type: 'disabled' } }
    const second = firstFallback(request, refusing(MANDATORY))
    expect(second).toMatchObject({ without: 'thinking.disabled', memory: 'thinking.disabled' })
    expect(second?.request).toEqual({ ...REQUEST, output_config })
    expect(firstFallback(ADAPTIVE, refusing(MANDATORY))).toBeUndefined()
    expect(firstFallback(request, refusing(MANDATORY, 'permission_error'))).toBeUndefined()
  })

  it.each([NO_ADAPTIVE, NO_EFFORT, NO_WORD, NO_THOUGHT, MANDATORY])(
    'stays where a server merely fails: %s',
    (message) => {
      const request = { ...ADAPTIVE, output_config: { effort: 'xhigh' } }
      expect(allFallbacks(request, refusing(message, 'api_error'))).toEqual([])
    },
  )

  it.each([
    'Thinking is a fine thing',
    'thinking: `reasoning_content` is unsupported unless it is passed back',
    '`max_tokens` is invalid for thinking',
    'something is unsupported',
  ])('stays where it is not what is refused: %s', (message) => {
    expect(firstFallback(ADAPTIVE, refusing(message))).toBeUndefined()
  })

  it.each(['max', 'xhigh'])('is asked for in a word that all know in place of %s', (effort) => {
    const request = { ...REQUEST, output_config: { effort, format: { type: 'json_schema' } } }
    expect(firstFallback(request, refusing(NO_WORD))).toEqual({
      request: { ...REQUEST, output_config: { effort: 'high', format: { type: 'json_schema' } } },
      without: 'output_config.effort',
      memory: 'output_config.effort',
    })
  })

  it('goes where a word that all know is none', () => {
    const request = { ...REQUEST, output_config: { effort: 'high' } }
    const tries = allFallbacks(request, refusing(NO_WORD))
    expect(tries.map(({ without, request }) => [without, request])).toEqual([['thinking', REQUEST]])
  })

  it('goes from a message too, and other messages stay as they are', () => {
    const effort = { role: 'system', content: 's', output_config: { effort: 'low' } }
    const messages = [...REQUEST.messages, effort]
    const tried = firstFallback({ ...REQUEST, messages }, refusing(NO_EFFORT))?.request
    expect(tried?.messages).toEqual([REQUEST.messages[0], { role: 'system', content: 's' }])
    expect(tried?.messages[0]).toBe(REQUEST.messages[0])
    expect(tried).not.toHaveProperty('output_config')
  })

  it.each<object>([{}, { output_config: null }, { output_config: { format: 'x' } }])(
    'of which a request says nothing is the matter of no further try: %j',
    (more) => {
      expect(firstFallback({ ...REQUEST, ...more }, refusing(NO_EFFORT))).toBeUndefined()
    },
  )
})
