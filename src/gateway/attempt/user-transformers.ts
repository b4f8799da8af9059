/** Runs the user's transformers on the request and the answer of an attempt. */
import type {
  TransformerChain,
  TransformerProvider,
  Outgoing,
} from '../../user-code/transformers.ts'
import { UserCodeError } from '../../user-code/call-user-code.ts'
import { withUnifiedFields, type UnifiedBody } from '../../user-code/unified-fields.ts'
import { asGatewayError, GatewayError } from '../../messages/error.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import type { Call } from '../../providers/configured/call.ts'
import type { Answer } from '../../upstream/answer.ts'

/** The user's transformers around one attempt. */
export interface RequestTransformers {
  /** What is sent in place of the body. */
  request(body: object): Promise<Outgoing>
  /**
   * The answer as the transformers give it back.
   * @throws GatewayError if they give none back.
   */
  response(answer: Answer): Promise<Answer>
}

export interface RequestTransformersParts {
  readonly chain: TransformerChain
  readonly provider: TransformerProvider
  /** The client's request and its headers, for transformers to look at. */
  readonly request: MessagesRequest
  readonly headers: object
  /** Whether bodies are Chat Completions. */
  readonly isChat: boolean
}

export function requestTransformers({
  chain,
  provider,
  request,
  headers,
  isChat,
}: RequestTransformersParts): RequestTransformers {
  const context = { req: structuredClone({ body: request, headers }) }
  const fail = (end: End) => (cause: unknown) => {
    throw failure(cause, end).without([provider.apiKey])
  }
  return {
    async request(body) {
      const { body: given, without } = isChat
        ? withUnifiedFields(body, request, provider.baseUrl)
        : AS_IT_IS(body)
      const outgoing = await chain.request(given, provider, context).catch(fail(NOT_SENT))
      return { ...outgoing, body: without(outgoing.body) }
    },
    async response(answer) {
      if (BODILESS.has(answer.status)) return answer
      try {
        const response = await chain.response(asResponse(answer), context).catch(fail(ANSWER_LOST))
        return asAnswer(response, answer)
      } catch (thrown) {
        answer.release()
        throw thrown
      }
    },
  }
}

const AS_IT_IS = (body: object): UnifiedBody => ({ body, without: (left) => left })

/** How a request ends with which a transformer failed, and the status for it. */
interface End {
  readonly text: string
  readonly status: number
}

/** With the status that the old router gave. */
const NOT_SENT: End = { text: 'The request was not sent.', status: 500 }
/** The provider has answered, and billed it. */
const ANSWER_LOST: End = { text: "The provider's answer is lost.", status: 502 }

/**
 * No other try helps, and what the transformer was to do is not done: hence a kind that ends the
 * request.
 */
function failure(cause: unknown, { text, status }: End): GatewayError {
  if (!(cause instanceof UserCodeError)) return asGatewayError(cause)
  const facts = { status, shouldRetry: false, origin: 'gateway' } as const
  return new GatewayError('invalid_request_error', `${cause.message}. ${text}`, facts)
}

/** Statuses with which a `Response` can have no body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205])

/** The call with the URL and the headers that the transformers want. */
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
