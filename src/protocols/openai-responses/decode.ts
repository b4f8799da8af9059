import { GatewayError } from '../../messages/error.ts'
import { bareError } from '../../messages/bare-error.ts'
import { notJsonError, upstreamError } from '../../messages/upstream-error.ts'
import type { Frame } from '../../messages/frame.ts'
import type { Writer } from '../../messages/writer.ts'
import { reportedCost } from '../../pricing/reported-cost.ts'
import type { Decoder, Target } from '../protocol.ts'
import { AnswerItems } from './items.ts'
import { stopReason } from './stop.ts'
import { usageOf } from './usage.ts'
import type { WireEvent, WireResponse } from './wire.ts'

/** Reads Responses events, or the one document of an answer that was not streamed. */
export function decoder(writer: Writer, target: Target): Decoder {
  const items = new AnswerItems(writer, target)
  let done = false

  const finish = (response: WireResponse): void => {
    const reason = stopReason(response)
    if (reason === undefined || response.error) {
      throw upstreamError(response.error ?? response.status, target.provider)
    }
    items.end(response.output ?? [])
    const { usage } = response
    if (usage) writer.usage(usageOf(usage), reportedCost(usage, target.costField))
    writer.stop(reason)
    done = true
  }

  return {
    isDone() {
      return done
    },
    push(frame) {
      if (done || frame.data === '[DONE]') return
      const event = parse(frame, target.provider)
      const error = errorIn(event)
      if (error !== undefined) throw upstreamError(error, target.provider)
      const whole = wholeAnswer(event)
      if (whole !== undefined) finish(whole)
      else items.read(event)
    },
    end() {
      if (!done) {
        throw new GatewayError(
          'api_error',
          `${target.provider} ended its answer before it was complete (no response.completed).`,
          { status: 502 },
        )
      }
      writer.finish()
    },
  }
}

function errorIn(event: WireEvent): unknown {
  if (event.type === 'error' || event.error) return event
  return event.type === undefined && !event.output ? bareError(event) : undefined
}

/** The events that carry the whole answer and end it, and the status that each tells of. */
const STATUS: Readonly<Record<string, string>> = {
  'response.completed': 'completed',
  'response.done': 'completed',
  'response.incomplete': 'incomplete',
  'response.failed': 'failed',
  'response.cancelled': 'cancelled',
}

function wholeAnswer(event: WireEvent): WireResponse | undefined {
  if (event.type === undefined) return event.output ? event : undefined
  if (!Object.hasOwn(STATUS, event.type)) return undefined
  return { status: STATUS[event.type] ?? null, ...event.response }
}

function parse(frame: Frame, provider: string): WireEvent {
  try {
    const event = JSON.parse(frame.data) as WireEvent
    // Some servers name the event only in the frame. `in` throws for what is no object.
    return 'type' in event || frame.event === '' ? event : { ...event, type: frame.event }
  } catch (cause) {
    throw notJsonError(frame.data, provider, cause)
  }
}
