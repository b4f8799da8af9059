/** Claude on Vertex AI, and what hosts of Claude have in common. */
import type { Heard } from '../words.ts'
import type { Row } from '../row.ts'
import { messagesRow } from './anthropic.ts'

const THROUGH = 'as Anthropic has it'

type Own = Pick<Row, 'name' | 'model' | 'provider' | 'path'> & { readonly wholePath: string }

/** A row whose provider serves Claude; the URL says the model and whether a stream is wanted. */
export function hostedRow(own: Own): Row {
  const base = messagesRow({
    ...own,
    key: ['authorization', (key) => `Bearer ${key}`],
    not: {
      'a name that is too long or has letters that are refused is another one upstream': THROUGH,
      'marks of the prompt cache do not go to who cannot read them': 'it is Claude that reads them',
      'a block of no known type is passed over and named': THROUGH,
      'a call without a result is answered, a result without a call is told': THROUGH,
    },
  })
  return {
    ...base,
    wholePath: own.wholePath,
    asksStream: (path) => path === own.path,
    read(body, path): Heard {
      const { model, stream, anthropic_version: version } = body as Record<string, unknown>
      const isHosted = model === undefined && stream === undefined && typeof version === 'string'
      const isAsked = path === own.path || path === own.wholePath
      return { ...base.read(body, path), model: isHosted && isAsked ? own.model : '?' }
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
