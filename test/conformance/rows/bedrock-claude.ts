/** Claude on Bedrock through InvokeModel: the Messages API inside AWS events. */
import { awsEvent, awsException } from '../../support/aws-event-stream.ts'
import type { Row } from '../row.ts'
import { hostedRow } from './vertex-claude.ts'
import { bedrockFault, exceptionOf } from './bedrock-converse.ts'

const MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const FOLDER = `/model/${encodeURIComponent(MODEL)}`

const hosted = hostedRow({
  name: 'bedrock-claude',
  model: MODEL,
  provider: (origin) => ({ name: 'bedrock', url: origin }),
  path: `${FOLDER}/invoke-with-response-stream`,
  wholePath: `${FOLDER}/invoke`,
})

/** A server-sent event of the Messages API as Bedrock wraps it. */
function wrapped(sse: Uint8Array): Uint8Array {
  const json = /^data: (.*)$/m.exec(Buffer.from(sse).toString())?.[1] ?? '{}'
  const { type, error } = JSON.parse(json) as { type: string; error?: { message: string } }
  if (type !== 'error') return awsEvent('chunk', { bytes: Buffer.from(json).toString('base64') })
  const message = error?.message ?? ''
  return awsException(
    exceptionOf({ status: message === 'slow down' ? 429 : 503, message }),
    message,
  )
}

export const row: Row = {
  ...hosted,
  other: 'aws-bedrock',
  type: 'application/vnd.amazon.eventstream',
  frames: (answer) => hosted.frames(answer).map(wrapped),
  fault: bedrockFault,
}
