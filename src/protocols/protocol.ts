import type { Frame } from '../messages/frame.ts'
import type { MessagesRequest } from '../messages/request.ts'
import type { Writer } from '../messages/writer.ts'
import type { CostField } from '../pricing/reported-cost.ts'

/**
 * What a provider format is: one pure pair. `encode` turns a Messages request into the provider's
 * body, a decoder turns the provider's frames into words for the writer. A format knows no URL,
 * header or key.
 */

/** Which model of which provider a request goes to. */
export interface Target {
  /** The provider's name in the config. */
  readonly provider: string
  /** The model id as the provider knows it. */
  readonly model: string
  /** A fingerprint of the account that pays, where a vendor binds reasoning state to it. */
  readonly account?: string
  /** What is known of the model; of a model that is in no catalogue, nothing. */
  readonly can?: Capabilities
  /** Where its usage says what the answer cost; absent: nowhere. */
  readonly costField?: CostField
}

/** What a model can take and give. A missing field is not known. */
export interface Capabilities {
  /** Tokens of prompt and answer together. */
  readonly contextWindow?: number
  /** Most tokens of one answer. */
  readonly maxOutput?: number
  /** Whether it thinks, so that effort or a thinking budget means something to it. */
  readonly reasoning?: boolean
  readonly images?: boolean
}

export interface Encoded {
  readonly body: object
  /** The request's fields and blocks that the target cannot express, by name. */
  readonly dropped: readonly string[]
}

export interface Decoder {
  /**
   * Reads one frame and tells the writer what it says.
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
  /** Whether the format has a mark of its own, behind the finish reason, that ends its streams. */
  readonly endsWithMark?: boolean
}

export interface Protocol {
  encode(request: MessagesRequest, target: Target): Encoded
  decoder(writer: Writer, target: Target): Decoder
}
