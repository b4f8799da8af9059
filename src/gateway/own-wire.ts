import type { OwnChain, OwnProvider, Outgoing } from '../extensions/own-transformers.ts'
import type { Call } from '../providers/call.ts'
import type { Answer } from '../upstream/answer.ts'

/** The user's own transformers between a wire and its provider, for one request. */
export interface OwnWire {
  /** What is sent in place of the body. */
  request(body: object): Promise<Outgoing>
  /**
   * The answer as own code gives it back.
   * @throws GatewayError if it gives none back.
   */
  response(answer: Answer): Promise<Answer>
}

/** @param request for own code to look at: what the client asked, and its headers. */
export function ownWire(chain: OwnChain, provider: OwnProvider, request: object): OwnWire {
  const context = { req: structuredClone(request) }
  return {
    request: (body) => chain.request(body, provider, context),
    async response(answer) {
      if (BODILESS.has(answer.status)) return answer
      try {
        return asAnswer(await chain.response(asResponse(answer), context), answer)
      } catch (thrown) {
        answer.release()
        throw thrown
      }
    },
  }
}

/** Statuses with which a `Response` can have no body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205])

/** The call with the URL and the headers that own code wants. */
export function redirected(call: Call, { url, headers }: Outgoing): Call {
  const merged = Object.entries({ ...call.headers, ...headers }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return { ...call, url: url ?? call.url, headers: Object.fromEntries(merged) }
}

function asResponse({ status, headers, body }: Answer): Response {
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  )
  return new Response(ReadableStream.from(body), { status, headers: pairs })
}

function asAnswer(response: Response, from: Answer): Answer {
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: bytesOf(response),
    release: () => from.release(),
  }
}

async function* bytesOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader() as ReadableStreamDefaultReader<unknown> | undefined
  if (reader === undefined) return
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value instanceof Uint8Array ? value : new TextEncoder().encode(String(value))
    }
  } finally {
    void reader.cancel().catch(() => undefined)
  }
}
