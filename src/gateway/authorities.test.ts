import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CERTIFICATE, KEY } from '../../test/support/certificate.ts'
import { testFolder } from '../../test/support/folder.ts'
import { gatewayServer } from '../../test/support/gateway.ts'
import { startConnectProxy, type TestProxy } from '../../test/support/proxies.ts'

const ANSWER = {
  id: 'c',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1 },
}

const folder = testFolder()
const provider = createServer({ key: KEY, cert: CERTIFICATE }, (_, res) => {
  res.setHeader('content-type', 'application/json').end(JSON.stringify(ANSWER))
})
let proxy: TestProxy

beforeAll(async () => {
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  proxy = await startConnectProxy({ leadTo: (provider.address() as AddressInfo).port })
})
afterAll(async () => {
  await proxy.close()
  await new Promise((resolve) => provider.close(resolve))
})

/** The status that a client of a session gets where the config names these files. */
async function statusWith(files: { readonly all?: string; readonly forProvider?: string }) {
  const { all = '', forProvider } = files
  const url = 'https://provider.test/v1/chat/completions'
  const server = await gatewayServer(
    {
      providers: [
        {
          name: 'oa',
          url,
          apiKey: 'k',
          models: ['m'],
          missing: [],
          ...(forProvider && { caFile: forProvider }),
        },
      ],
      proxyUrl: `http://${proxy.host}`,
      caFile: all,
    },
    'oa,m',
  )
  try {
    const question = { max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }
    return (await server.post({ model: 'x', ...question })).status
  } finally {
    await server.close()
  }
}

it('a provider is trusted by the authorities of the config, or by those of its entry', async () => {
  const file = folder.write('ca.pem', CERTIFICATE)
  expect(await statusWith({})).toBe(502)
  expect(await statusWith({ all: file })).toBe(200)
  expect(await statusWith({ forProvider: file })).toBe(200)
})
