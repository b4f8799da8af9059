import { patchBody } from '../formats/anthropic/patch.ts'
import { within } from '../lib/within.ts'
import type { Logger } from '../lib/log.ts'
import type { Answer } from '../upstream/answer.ts'
import type { Exchange } from './exchange.ts'

/** A count is asked for in bursts and has an estimate to fall back on: it may not take long. */
const COUNT_MS = 10_000

/** The provider's own count of a request's input tokens; the estimate where it has none to give. */
export async function countRequest(
  exchange: Exchange,
  headers: Readonly<Record<string, string>>,
  log: Logger,
): Promise<number> {
  const { provider, upstream, body, request, target, signal, inputEstimate } = exchange
  try {
    const plain = await provider.call(target.model, patchBody(body, request, target.model), headers)
    const call = { ...plain, url: `${plain.url}/count_tokens` }
    const answer = await within(upstream.send(call, signal), COUNT_MS)
    const counted = answer && (await countIn(answer))
    if (counted !== undefined) return counted
    log.debug({ provider: provider.name, status: answer?.status }, 'no count from the provider')
  } catch (cause) {
    log.debug({ provider: provider.name, cause }, 'no count from the provider')
  }
  return inputEstimate
}

async function countIn(answer: Answer): Promise<number | undefined> {
  try {
    if (answer.status !== 200) return undefined
    const text = new TextDecoder()
    let json = ''
    for await (const chunk of answer.body) json += text.decode(chunk, { stream: true })
    const { input_tokens: tokens } = JSON.parse(json) as { input_tokens?: unknown }
    return typeof tokens === 'number' ? tokens : undefined
  } finally {
    answer.release()
  }
}
