/**
 * What a protocol is: one pure pair. `encode` turns a Messages request into the provider's body; a
 * decoder turns the provider's frames into calls of the writer. A protocol knows no URL, header or
 * key.
 *
 * Every protocol is a folder that reads in the same order. A section that a protocol does not need is
 * left out; the others open with a comment like `// --- Messages ---`:
 *
 * - `index.ts`: the pair as a `Protocol`, made from the quirks of a provider.
 * - `types.ts`: Quirks (how providers differ), Request (as sent), Response (as answered).
 * - `request.ts`: `encode`, then Parameters, Messages, Tools, Reasoning, Cache, Web search.
 * - `response.ts`: `decoder`, then Chunks (or Events, as the protocol calls them), Text, Reasoning,
 *   Tool calls, Web search, Stop reason, Usage.
 *
 * A section that is large stands in a file of its own, named after the file that it left:
 * `request-messages.ts`, `response-tool-calls.ts`. Only what is a subject of its own has another name
 * (Gemini's `schema.ts`). A protocol that clients may speak as well gets the opposite pair in the same
 * files: `decode` in `request.ts`, `encoder` in `response.ts`.
 */

import { asGatewayError, GatewayError } from '../messages/error.ts'
import type { Frame } from '../messages/events.ts'
import type { MessagesRequest } from '../messages/request.ts'
import type { Writer } from '../messages/writer.ts'
import type { CostField } from '../pricing/reported-cost.ts'

/** Which model of which provider a request goes to. */
export interface Target {
  /** The provider's name in the config. */
  readonly provider: string
  /** The model id as the provider knows it. */
  readonly model: string
  /** A fingerprint of the account that pays, where a vendor binds reasoning state to it. */
  readonly account?: string
  /** What is known of the model; absent for a model that is in no catalogue. */
  readonly can?: Capabilities
  /** The field of its usage that holds the cost of the answer; absent: none. */
  readonly costField?: CostField
}

/** What a model can take and give. A missing field is unknown. */
export interface Capabilities {
  /** Tokens of prompt and answer together. */
  readonly contextWindow?: number
  /** Most tokens of one answer. */
  readonly maxOutput?: number
  /** Whether it thinks, so that effort or a thinking budget means something to it. */
  readonly reasoning?: boolean
  readonly images?: boolean
  /** Whether it can call tools. */
  readonly tools?: boolean
}

export interface Encoded {
  readonly body: object
  /** Names of the request's fields and blocks that the target cannot express. */
  readonly dropped: readonly string[]
}

export interface Decoder {
  /**
   * Reads one frame and passes its content to the writer.
   * @throws GatewayError if the frame is an error or unreadable.
   */
  push(frame: Frame): void
  /**
   * The upstream ended.
   * @throws GatewayError if the answer is not whole.
   */
  end(): void
  /**
   * True once nothing more can come, though the upstream may keep its socket open. A method: V8
   * gives every object with a getter of its own a hidden class of its own, which keeps all that
   * the getter sees, here the whole request, until the next full garbage collection.
   */
  isDone(): boolean
  /** Whether the protocol ends its streams with a mark of its own, after the finish reason. */
  readonly endsWithMark?: boolean
}

export interface Protocol {
  encode(request: MessagesRequest, target: Target): Encoded
  /** @param limit most output tokens that the body allowed (`outputLimitIn`). */
  decoder(writer: Writer, target: Target, limit?: number): Decoder
}

/**
 * A protocol whose decoders fail with a GatewayError whatever an upstream sends: answers are read
 * without schemas, so a field of another type than documented shows itself only where it is used.
 */
export function guardedProtocol(protocol: Protocol): Protocol {
  return {
    encode: (request, target) => protocol.encode(request, target),
    decoder: (writer, target, limit) =>
      guardedDecoder(protocol.decoder(writer, target, limit), target.provider),
  }
}

function guardedDecoder(decoder: Decoder, provider: string): Decoder {
  const guard = (read: () => void): void => {
    try {
      read()
    } catch (thrown) {
      throw thrown instanceof TypeError ? unreadable(provider, thrown) : asGatewayError(thrown)
    }
  }
  return {
    endsWithMark: decoder.endsWithMark === true,
    isDone: () => decoder.isDone(),
    push: (frame) => guard(() => decoder.push(frame)),
    end: () => guard(() => decoder.end()),
  }
}

function unreadable(provider: string, cause: unknown): GatewayError {
  const text = `${provider} sent an event of a shape that ccr does not know.`
  return new GatewayError('api_error', text, { status: 502, cause })
}
