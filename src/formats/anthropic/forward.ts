import { outputLimit } from '../fields.ts'
import type { Target } from '../format.ts'
import { betasIn, OLD_BETAS } from './betas.ts'
import { compatible } from './compatible.ts'
import { hosted } from './hosted.ts'
import { CLAUDE_HOSTS } from './hosts.ts'
import type { ClaudeHostName } from './hosts.ts'
import type { Forwarded, Original } from './original.ts'
import { patched } from './patch.ts'

/**
 * Whose Messages API it is: Anthropic's own (or one of which nothing is known), that of another
 * maker, or that of a host of Claude.
 */
export type Dialect = 'own' | 'compatible' | ClaudeHostName

/**
 * The client's request for an upstream of its own protocol: the client's bytes with the model
 * replaced, or the request in the words that another maker's or host's endpoint knows.
 */
export function forward(original: Original, target: Target, dialect: Dialect): Forwarded {
  const { headers } = original
  switch (dialect) {
    case 'own':
      return { ...patched(original, target.model), headers }
    case 'compatible':
      return forwardCompatible(original, target)
    default:
      return hosted(original, target, CLAUDE_HOSTS[dialect])
  }
}

function forwardCompatible({ request, headers }: Original, target: Target): Forwarded {
  const told = compatible(request)
  const betas = betasIn(headers, OLD_BETAS)
  const most = outputLimit(request, target)
  const limit = most === undefined ? {} : { max_tokens: most }
  return {
    body: JSON.stringify({ ...told.request, model: target.model, ...limit }),
    headers: betas.headers,
    dropped: [...told.dropped, ...betas.dropped],
  }
}
