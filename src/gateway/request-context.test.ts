import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { recordingLog } from '../../test/support/log.ts'
import { emptyConfig } from '../config/defaults.ts'
import type { RequestExtensions } from '../user-code/request-extensions.ts'
import { createEstimator } from './tokens/estimator.ts'
import { createTargets } from './targets/targets.ts'
import { clientIdentity } from './client-headers.ts'
import { createRequestCache } from './incremental/request-cache.ts'
import { requestContextFactory } from './request-context.ts'

const config = {
  ...emptyConfig(),
  providers: [
    { name: 'p', url: 'https://p.test/v1/messages', apiKey: 'k', models: ['m'], missing: [] },
  ],
}

function world() {
  const log = recordingLog()
  const extensions = {
    withSystemPrompt: (request: object) => Promise.resolve(request),
    routerOf: () => Promise.resolve(undefined),
  } as unknown as RequestExtensions
  const contextOf = requestContextFactory({
    config,
    session: { id: 's', preference: '', alias: 'ccr-s' },
    log,
    extensions,
    targets: Promise.resolve(createTargets(config)),
    requests: createRequestCache(),
    estimator: createEstimator(),
    weighed: (_, hints) => Promise.resolve(hints),
  })
  const ask = (model: string, headers: Record<string, string> = {}) => {
    const req = Object.assign(new IncomingMessage(new Socket()), { url: '/v1/messages?beta=true' })
    Object.assign(req.headers, headers)
    const body = Buffer.from(JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }))
    const { signal } = new AbortController()
    const client = clientIdentity(req.headers)
    return contextOf({ req, body, client, signal }).then((context) => ({ context, body }))
  }
  return { ask, log }
}

it('a session that gets requests for ever new models neither logs nor remembers them all', async () => {
  const { ask, log } = world()
  for (let n = 0; n < 1_500; n += 1) await ask(`p,${String(n)}`)
  expect(log.lines).toHaveLength(1_000)
})

it('a request goes with what its client sent: bytes, query, conversation and way here', async () => {
  const { ask } = world()
  const { context, body } = await ask('p,m', {
    'x-claude-code-session-id': 'c-1',
    'anthropic-beta': 'b',
    authorization: 'Bearer token',
    'x-ccr-via': 'other',
  })
  expect(context.bytes).toBe(body)
  expect(context).toMatchObject({
    conversation: 'c-1',
    via: 'other,s',
    client: { headers: { 'anthropic-beta': 'b' }, query: '?beta=true' },
    size: { bytes: body.length, images: 0 },
    candidates: [{ name: 'p,m' }],
  })
  expect(context.client.headers).not.toHaveProperty('authorization')
})
