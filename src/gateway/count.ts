import { forward } from '../formats/anthropic/forward.ts'
import type { Target } from '../formats/format.ts'
import { within } from '../lib/within.ts'
import type { Logger } from '../lib/log.ts'
import type { MessagesRequest } from '../messages/request.ts'
import type { Provider } from '../providers/provider.ts'
import type { Upstream } from '../upstream/send.ts'
import type { Client } from './client.ts'
import type { Answer } from '../upstream/answer.ts'

/** A count is asked for in bursts and has an estimate to fall back on: it may not take long. */
const COUNT_MS = 10_000

interface Counting {
  readonly request: MessagesRequest
  readonly body: string
  readonly client: Client
  readonly provider: Provider
  readonly target: Target
  readonly upstream: Upstream
  readonly signal: AbortSignal
}

/** The provider's own count of a request's input tokens; undefined where it has none to give. */
export async function countRequest(counting: Counting, log: Logger): Promise<number | undefined> {
  const { request, body, client, provider, target, upstream, signal } = counting
  try {
    const original = { body, request, headers: client.headers }
    const forwarded = forward(original, target, provider.isThirdParty)
    const plain = await provider.call(target.model, forwarded.body, forwarded.headers)
    const url = new URL(plain.url)
    url.pathname += '/count_tokens'
    const call = { ...plain, url: url.href }
    const answer = await within(upstream.send(call, signal), COUNT_MS)
    const counted = answer && (await countIn(answer))
    if (counted !== undefined) return counted
    log.debug({ provider: provider.name, status: answer?.status }, 'no count from the provider')
  } catch (cause) {
    log.debug({ provider: provider.name, cause }, 'no count from the provider')
  }
  return undefined
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
