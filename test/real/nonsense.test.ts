/** A model server that answers nonsense: an error with its words, never a made-up end. The answers are written by hand. */
import { describe, expect, it } from 'vitest'
import { answeringSession } from './answering.ts'

const NONSENSE: readonly (readonly [string, string, string | Buffer, RegExp | undefined])[] = [
  [
    'a page',
    'text/html',
    '<html><body>Welcome to the wrong port</body></html>',
    /answered with a web page instead of an API answer/,
  ],
  [
    'plain text',
    'text/plain',
    'model runner has unexpectedly stopped',
    /model runner has unexpectedly stopped/,
  ],
  ['text that claims to be a stream', 'text/event-stream', 'out of memory\n', /out of memory/],
  [
    'an error that claims to be a stream',
    'text/event-stream',
    'data: {"error":{"message":"no slot is free"}}\n\n',
    /no slot is free/,
  ],
  [
    'JSON of another kind',
    'application/json',
    '{"detail":"the engine is gone"}',
    /the engine is gone/,
  ],
  [
    'an error with status 200',
    'application/json',
    '{"error":"llama runner process has terminated"}',
    /llama runner process has terminated/,
  ],
  ['a number', 'application/json', '42', undefined],
  [
    'bytes',
    'application/octet-stream',
    Buffer.from(Array.from({ length: 600 }, (_, n) => (n * 7 + 128) % 256)),
    undefined,
  ],
  [
    'bytes in a stream',
    'text/event-stream',
    Buffer.from(Array.from({ length: 600 }, (_, n) => (n * 13 + 200) % 256)),
    undefined,
  ],
  [
    'frames without anything',
    'text/event-stream',
    'data: \n\ndata: {}\n\ndata: null\n\ndata: []\n\n',
    undefined,
  ],
  ['half a frame', 'text/event-stream', 'data: {"choices":[{"delta":{"conte', undefined],
  ['only an end', 'text/event-stream', 'data: [DONE]\n\n', undefined],
  ['nothing', 'text/event-stream', '', undefined],
  ['nothing, as JSON', 'application/json', '', undefined],
]

const PATHS = ['/v1/chat/completions', '/v1/responses', '/v1/messages'] as const

const REQUEST = { model: 'llamacpp,m', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] }

describe.each(PATHS)('a server at %s', (path) => {
  it.each(NONSENSE)('that answers %s', async (_, type, body, words) => {
    const gateway = await answeringSession({ provider: 'llamacpp', path, type, body })
    const whole = await gateway.post(REQUEST)
    const text = await whole.text()
    expect(whole.status, text).toBeGreaterThanOrEqual(400)
    expect(JSON.parse(text)).toMatchObject({ type: 'error' })
    const streamed = await (await gateway.post({ ...REQUEST, stream: true })).text()
    expect(streamed).toContain('"type":"error"')
    expect(streamed).not.toContain('event: message_stop')
    if (words === undefined) return
    expect(text).toMatch(words)
    expect(streamed).toMatch(words)
  })
})
