import { request as httpRequest } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DemoProvider, startDemo } from './server.ts'

let demo: DemoProvider
beforeEach(async () => {
  demo = await startDemo({ paceMs: 0 })
})
afterEach(() => demo.close())

const ask = (body: unknown, key = demo.apiKey): Promise<Response> =>
  fetch(demo.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

const HI = { model: 'demo-a', messages: [{ role: 'user', content: 'hi' }] }

describe('the demo provider', () => {
  it('answers whole and streamed alike', async () => {
    const whole = (await (await ask(HI)).json()) as {
      choices: { message: { content: string } }[]
    }
    const streamed = await ask({ ...HI, stream: true })
    expect(streamed.headers.get('content-type')).toBe('text/event-stream')
    const frames = (await streamed.text()).split('\n\n').filter((frame) => frame !== '')
    expect(frames.at(-1)).toBe('data: [DONE]')
    const text = frames
      .slice(0, -1)
      .map((frame) => JSON.parse(frame.slice(6)) as { choices: { delta: { content?: string } }[] })
      .map(({ choices }) => choices[0]?.delta.content ?? '')
      .join('')
    expect(text).toBe(whole.choices[0]?.message.content)
  })

  it('refuses a request without its key in the form of OpenAI', async () => {
    const response = await ask(HI, 'wrong')
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } })
  })

  it('says 400 to what is no JSON or no request', async () => {
    expect((await ask('{')).status).toBe(400)
    expect((await ask({ model: 'x' })).status).toBe(400)
  })

  it('takes a prompt of megabytes', async () => {
    const messages = [{ role: 'user', content: 'x'.repeat(20 * 1024 * 1024) }]
    const body = (await (await ask({ ...HI, messages })).json()) as { usage: object }
    expect(body.usage).toMatchObject({ prompt_tokens: 5 * 1024 * 1024 })
  })

  it('lists its models and knows no other path', async () => {
    const headers = { authorization: `Bearer ${demo.apiKey}` }
    const models = await fetch(new URL('/v1/models', demo.url), { headers })
    expect(await models.json()).toMatchObject({ data: [{ id: 'demo-a' }, { id: 'demo-b' }] })
    expect((await fetch(new URL('/v1/other', demo.url), { headers })).status).toBe(404)
  })

  it('lives on after a client that went away in the middle of an answer', async () => {
    const slow = await startDemo({ paceMs: 1 })
    try {
      await new Promise<void>((resolve, reject) => {
        const headers = { authorization: `Bearer ${slow.apiKey}` }
        const req = httpRequest(slow.url, { method: 'POST', headers }, (res) => {
          res.once('data', () => req.destroy())
          res.once('close', resolve)
          res.on('error', () => undefined)
        })
        req.on('error', reject)
        req.end(JSON.stringify({ ...HI, stream: true }))
      })
      expect((await fetch(slow.url, { method: 'POST' })).status).toBe(401)
    } finally {
      await slow.close()
    }
  })
})
