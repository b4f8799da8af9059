/** Claude on Vertex AI, and the parts that hosts of Claude share. */
import type { UpstreamRequest } from '../neutral-form.ts'
import type { Row } from '../row.ts'
import { messagesRow } from './anthropic.ts'

const THROUGH = 'as Anthropic has it'

type VertexRow = Pick<Row, 'name' | 'model' | 'provider' | 'path'> & { readonly wholePath: string }

/** A row whose provider serves Claude; the URL says the model and whether a stream is wanted. */
export function hostedRow(specific: VertexRow): Row {
  const base = messagesRow({
    ...specific,
    key: ['authorization', (key) => `Bearer ${key}`],
    notApplicable: {
      'a name that is too long or has letters that are refused is another one upstream': THROUGH,
      'marks of the prompt cache are not sent to providers that cannot read them':
        'it is Claude that reads them',
      'a block of no known type is passed over and named': THROUGH,
      'a call without a result is answered, a result without a call becomes text': THROUGH,
    },
  })
  return {
    ...base,
    wholePath: specific.wholePath,
    asksStream: (path) => path === specific.path,
    read(body, path): UpstreamRequest {
      const { model, stream, anthropic_version: version } = body as Record<string, unknown>
      const isHosted = model === undefined && stream === undefined && typeof version === 'string'
      const wantsStream = path === specific.path || path === specific.wholePath
      return { ...base.read(body, path), model: isHosted && wantsStream ? specific.model : '?' }
    },
  }
}

const FOLDER = '/v1/projects/p/locations/us-east5/publishers/anthropic/models'
const MODEL = 'claude-sonnet-4-5@20250929'

export const row: Row = hostedRow({
  name: 'vertex-claude',
  model: MODEL,
  provider: (origin) => ({
    name: 'google-cloud',
    url: `${origin}${FOLDER}`,
    // The row itself takes Google's credentials; see src/gateway/vertex.test.ts.
    transformer: { use: [['vertex-claude', { UseBearer: true }]] },
  }),
  path: `${FOLDER}/${MODEL}:streamRawPredict`,
  wholePath: `${FOLDER}/${MODEL}:rawPredict`,
})
