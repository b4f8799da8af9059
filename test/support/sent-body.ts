/** What a provider of the config is sent for a request, without a gateway. */
import { providerOf } from '../../src/providers/configured/provider.ts'
import { protocolOf } from './protocol.ts'

/**
 * The body for a model at a URL, of a short question with these fields of a Messages request.
 * @throws Error if requests to this URL are forwarded.
 */
export function sentBody(url: string, model: string, request: object): Record<string, unknown> {
  const config = { name: 'p', url, apiKey: 'k', models: [model], missing: [] }
  const provider = providerOf(config).to(model)
  const protocol = protocolOf(provider)
  if (protocol === undefined) throw new Error(`requests to ${url} are forwarded`)
  const can = provider.can(model)
  const question = { model, max_tokens: 9000, messages: [{ role: 'user', content: 'q' }] }
  const target = { provider: 'p', model, ...(can ? { can } : {}) }
  return protocol.encode({ ...question, ...request }, target).body as Record<string, unknown>
}
