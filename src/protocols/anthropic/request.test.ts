import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodyText } from '../../../test/support/body.ts'
import { encodeSignature } from '../../messages/reasoning-signature.ts'
import { parseRequest } from '../../messages/request.ts'
import { patched as patchedBody } from './request.ts'
import { createStreamInspector } from './stream-inspector.ts'

const patched = (body: string, model = 'new') => {
  const patched = patchedBody({ bytes: Buffer.from(body), request: parseRequest(body) }, model)
  return bodyText(patched.body)
}

describe('a request that passes through', () => {
  it('keeps every byte but the model', () => {
    const body =
      '{ "messages":[{"role":"user","content":"\\"model\\":\\"x\\" {","model":"in"}] , "unknown":[1,{"model":2}], "model" : "old","z":1.0e3 }'
    expect(patched(body)).toBe(body.replace('"old"', '"new"'))
  })

  it('keeps bytes that are no UTF-8', () => {
    const bytes = Buffer.from(
      '{"messages":[{"role":"user","content":"\u00e9-"}],"model":"x","y":"-"}',
    )
    bytes[bytes.indexOf('-')] = 0xff
    bytes[bytes.lastIndexOf('-')] = 0xfe
    const request = parseRequest(bytes.toString())
    const { body } = patchedBody({ bytes, request }, 'new')
    const expected = bytes.toString('latin1').replace('"x"', '"new"')
    expect(Buffer.from(body as Uint8Array).toString('latin1')).toBe(expected)
  })

  it('replaces the model wherever it stands in any JSON', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string({ minLength: 1 }),
        (more, model) => {
          const request = {
            ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== '__proto__')),
            model: 'old',
            messages: [{ role: 'user', content: 'x' }],
          }
          delete (request as Record<string, unknown>)['system']
          delete (request as Record<string, unknown>)['tools']
          expect(JSON.parse(patched(JSON.stringify(request), model))).toEqual(
            JSON.parse(JSON.stringify({ ...request, model })),
          )
        },
      ),
    )
  })

  it('replaces the model that counts where it is named twice, with escapes or without', () => {
    const rest = '"messages":[{"role":"user","content":"x"}]'
    const plain = '"model":"a"'
    const escaped = String.raw`"\u006dode\u006C":"b"`
    for (const body of [
      `{${plain},${escaped},${rest}}`,
      `{${escaped},${plain},${rest}}`,
      `{"x\\\\":1,${escaped},${rest}}`,
    ]) {
      expect(JSON.parse(patched(body))).toEqual({ ...(JSON.parse(body) as object), model: 'new' })
    }
  })

  it('leaves out thinking that Anthropic would refuse, and nothing else', () => {
    const thinking = (signature: string) => ({ type: 'thinking', thinking: 't', signature })
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: [thinking(''), thinking('real'), { type: 'text', text: 'b' }] },
      { role: 'assistant', content: [thinking(encodeSignature({ provider: 'p', model: 'm' }))] },
    ]
    const out = JSON.parse(patched(JSON.stringify({ model: 'x', messages, keep: 1 }))) as object
    expect(out).toEqual({
      model: 'new',
      keep: 1,
      messages: [
        messages[0],
        { role: 'assistant', content: [thinking('real'), { type: 'text', text: 'b' }] },
      ],
    })
  })

  it('rewrites tool ids that Anthropic would refuse, alike for call and result', () => {
    const messages = [
      { role: 'assistant', content: [{ type: 'tool_use', id: 'f.Bash:0', name: 'B', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'f.Bash:0', content: 'x' }] },
    ]
    const out = JSON.parse(patched(JSON.stringify({ model: 'x', messages }))) as {
      messages: [{ content: [{ id: string }] }, { content: [{ tool_use_id: string }] }]
    }
    const { id } = out.messages[0].content[0]
    expect(id).toMatch(/^[a-zA-Z0-9_-]+$/)
    expect(out.messages[1].content[0].tool_use_id).toBe(id)
  })
})

// Hand-written events.
const START =
  'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":5,"output_tokens":1}}}\n\n'
const TEXT =
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
const DELTA = 'event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":9}}\n\n'
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'

describe('a stream that passes through', () => {
  const through = (bytes: Buffer, cuts: readonly number[]) => {
    const tap = createStreamInspector('p')
    const at = [0, ...[...cuts].sort((a, b) => a - b), bytes.length]
    const out = at.slice(1).map((end, i) => tap.push(bytes.subarray(at[i], end)) ?? Buffer.alloc(0))
    return { tap, out: Buffer.concat(out).toString(), pieces: out }
  }

  it.each(['\n', '\r\n', '\r'])(
    'keeps its bytes, whole events at a time, however it is cut (%j)',
    (newline) => {
      const bytes = Buffer.from((START + DELTA + STOP).replaceAll('\n', newline))
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
          const { tap, out, pieces } = through(bytes, cuts)
          expect(out).toBe(bytes.toString())
          for (const piece of pieces) expect(piece.toString()).toMatch(/^$|(?:\n\r?\n|\r\r)$/)
          expect(() => tap.end()).not.toThrow()
          expect(tap.usage()).toEqual({ input_tokens: 5, output_tokens: 9 })
        }),
      )
    },
  )

  it('that is cut fails, and gives no half event', () => {
    const { tap, out } = through(Buffer.from(START + TEXT + DELTA.slice(0, -1)), [])
    expect(out).toBe(START + TEXT)
    expect(() => tap.end()).toThrow('before it was complete')
  })

  it('is whole without its last blank line, and not in the middle of its last event', () => {
    const { tap, out } = through(Buffer.from(START + TEXT + STOP.slice(0, -2)), [])
    expect(out).toBe(START + TEXT)
    expect(tap.end()?.toString()).toBe(STOP)
    const cut = through(Buffer.from(START + TEXT + STOP.slice(0, -3)), [])
    expect(() => cut.tap.end()).toThrow('before it was complete')
  })

  it('fails where an event never ends, and is quick until then', () => {
    const tap = createStreamInspector('p')
    const piece = Buffer.alloc(256 * 1024, 'x')
    const pushAll = () => {
      for (let n = 0; n < 1_000; n += 1) tap.push(piece)
    }
    expect(pushAll).toThrow('p sent an event without an end.')
  })

  it('gives nothing before the first word, so that an error in its place can go elsewhere', () => {
    const ping = 'event: ping\ndata: {"type":"ping"}\n\n'
    const busy = `event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n`
    const tap = createStreamInspector('p')
    expect(tap.push(Buffer.from(START + ping))).toBeUndefined()
    expect(() => tap.push(Buffer.from(busy))).toThrow('Overloaded')
    expect(through(Buffer.from(START + TEXT + busy), []).out).toBe(START + TEXT + busy)
  })

  it.each([
    ['its type', 'data: {"type":"error","error":{"type":"api_error","message":"no KEY"}}'],
    ['its name', 'event: error\ndata: {"message":"no KEY"}'],
    ['its name, in text', 'event: error\ndata: no KEY'],
    ['its field', 'data: {"error":{"message":"{\\"key\\":\\"KEY\\"}"}}'],
  ])('stars the secrets of an error that is known by %s, and nothing else', (_, event) => {
    const secret = 'my-secret-0123'
    const error = `${event.replaceAll('KEY', secret)}\n\n`
    const text = TEXT.replace('hi', `hi ${secret}`)
    const tap = createStreamInspector('p', [secret])
    const out = String(tap.push(Buffer.from(START + text + error)))
    expect(out).toBe(START + text + error.replace(secret, '***'))
  })

  it('is not taken for whole because its text speaks of a message_stop', () => {
    const text = JSON.stringify({
      type: 'content_block_delta',
      delta: { text: '{"type":"message_stop"}' },
    })
    const { tap } = through(Buffer.from(`data: ${text}\n\n`), [])
    expect(() => tap.end()).toThrow()
  })
})
