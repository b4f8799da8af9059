/** Compares what comes out of requests that are read with a cache, and alone. */
import { expect } from 'vitest'
import {
  type BytesOf,
  createRequestCache,
  plainBytes,
  type RequestCache,
} from '../../src/gateway/incremental/request-cache.ts'
import { type MessagesRequest, parseRequest } from '../../src/messages/request.ts'
import { mayHoldHalves, wellFormed } from '../../src/messages/sanitize.ts'
import { bedrockConverse } from '../../src/protocols/bedrock-converse/index.ts'
import { gemini } from '../../src/protocols/gemini/index.ts'
import { openaiChat } from '../../src/protocols/openai-chat/index.ts'
import { openaiResponses } from '../../src/protocols/openai-responses/index.ts'
import { OPENAI } from '../../src/protocols/openai-responses/types.ts'
import type { Protocol, Target } from '../../src/protocols/protocol.ts'
import { COMPATIBLE, GEMINI_COMPATIBLE } from '../../src/providers/definition.ts'
import { TAG } from '../../src/routing/tag.ts'

/** Every request is kept. */
export const LIMITS = { conversations: 3, bytes: 1_000_000, keepMs: 60_000, least: 0 }

const PROTOCOLS: readonly (readonly [string, Protocol])[] = [
  ['chat', openaiChat({ ...COMPATIBLE, cacheControl: /./ })],
  ['responses', openaiResponses(OPENAI)],
  ['gemini', gemini(GEMINI_COMPATIBLE)],
  ['bedrock', bedrockConverse],
]

interface Outcome {
  readonly received: MessagesRequest
  readonly hasTag: boolean
  readonly bytesOf?: BytesOf | undefined
}

/** What comes out of a body, as text: the request, and what is sent to each target. */
function textOf(read: () => Outcome): unknown {
  return attempted(() => {
    const { received, hasTag, bytesOf = plainBytes } = read()
    const sent = PROTOCOLS.map(([provider, protocol]) => {
      const target: Target = { provider, model: 'claude-3' }
      return attempted(() => String(bytesOf(target, protocol.encode(received, target).body)))
    })
    return { request: JSON.stringify(received), hasTag, sent }
  })
}

function attempted(work: () => unknown): unknown {
  try {
    return work()
  } catch (thrown) {
    return String(thrown)
  }
}

/** What comes out without a cache. */
function alone(body: Buffer): unknown {
  return textOf(() => {
    const sent = parseRequest(body.toString('utf8'))
    const received = mayHoldHalves(body) ? wellFormed(sent) : sent
    return { received, hasTag: body.includes(TAG) }
  })
}

/** Frozen, because whoever changed a part of a request would change later requests. */
function cached(cache: RequestCache, body: Buffer): unknown {
  return textOf(() => deepFreeze(cache.read(body)))
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  Object.values(value).forEach(deepFreeze)
  return value
}

/** Reads bodies one after the other with one cache; each must come out as it does alone. */
export function expectSame(
  bodies: readonly Buffer[],
  cache: RequestCache = createRequestCache({ limits: LIMITS }),
): void {
  for (const body of bodies) expect(cached(cache, body)).toEqual(alone(body))
}
