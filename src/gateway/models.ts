import type { Config } from '../config/config.ts'
import { DISCOVERY_PREFIX } from '../routing/resolve.ts'

/** The list does not change while a session lives, and the API wants a time. */
const CREATED_AT = '1970-01-01T00:00:00Z'

/** GET /v1/models: the configured models, named so that the client can ask for them. */
export function modelList(config: Pick<Config, 'providers'>): object {
  const data = config.providers.flatMap((provider) =>
    provider.models.map((model) => ({
      type: 'model',
      id: `${DISCOVERY_PREFIX}${provider.name},${model}`,
      display_name: `${provider.name},${model}`,
      created_at: CREATED_AT,
    })),
  )
  return {
    data,
    has_more: false,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  }
}
