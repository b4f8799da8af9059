import { afterEach, expect, it } from 'vitest'
import { gatewayServer } from '../../test/support/gateway.ts'
import type { GatewayServer } from '../../test/support/gateway.ts'
import { text } from '../../test/support/replies.ts'
import { startUpstream } from '../../test/support/upstream.ts'
import type { Upstream } from '../../test/support/upstream.ts'

let upstream: Upstream
let server: GatewayServer
afterEach(async () => {
  await server.close()
  await upstream.close()
})

/** Hand-written, in the words of a server that validates strictly. */
const refused = (field: string) =>
  ({
    kind: 'http',
    status: 400,
    body: JSON.stringify({ error: { message: `${field}: Extra inputs are not permitted` } }),
  }) as const

it.each([
  ['cache_control', 'claude-new', 'messages.0.content.0.cache_control'],
  ['thinking', 'gpt-oss-20b', 'reasoning_effort'],
])('%s is refused once by a server, and not sent to it again', async (named, model, field) => {
  const ends = (): ReturnType<typeof text> => text('hello')
  upstream = await startUpstream([refused(field), ends(), ends()])
  server = await gatewayServer({
    providers: [{ name: 'p', url: upstream.chatUrl, apiKey: 'k', models: [model], missing: [] }],
    router: { default: `p,${model}` },
  })
  const content = [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }]
  const request = {
    model: 'x',
    max_tokens: 9,
    thinking: { type: 'adaptive' },
    output_config: { effort: 'high' },
    messages: [{ role: 'user', content }],
  }
  for (let n = 0; n < 2; n += 1) {
    const answer = await server.post(request)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-ccr-dropped') ?? '').toContain(named)
  }
  const sent = upstream.requests.map(({ raw }) =>
    raw.includes(`"${field.split('.').at(-1) ?? ''}"`),
  )
  expect(sent).toEqual([true, false, false])
})
