import { withoutBlocks } from '../../messages/refused-blocks.ts'
import { claudeVersion } from '../claude.ts'
import { outputLimit } from '../request-fields.ts'
import type { Target } from '../protocol.ts'
import { betasIn, OLD_BETAS } from './betas.ts'
import { compatible, folded } from './compatible.ts'
import { hosted } from './hosted.ts'
import { CLAUDE_HOSTS, type ClaudeHostName } from './hosts.ts'
import type { Forwarded, Original } from './forwarded-request.ts'
import { patched } from './patch.ts'

/**
 * Whose Messages API it is: Anthropic's own, one of which nothing is known (a relay, a local server),
 * that of another maker, or that of a host of Claude.
 */
export type Dialect = 'anthropic' | 'unknown' | 'compatible' | ClaudeHostName

/**
 * The client's request for an upstream of its own protocol: the client's bytes with the model
 * replaced, or the request in the words that another maker's or host's endpoint knows.
 */
export function forward(original: Original, target: Target, dialect: Dialect): Forwarded {
  const { headers } = original
  switch (dialect) {
    case 'anthropic':
      return { ...patched(original, target.model), headers }
    case 'unknown':
      return forwardUnknown(original, target)
    case 'compatible':
      return forwardCompatible(original, target)
    default:
      return hosted(original, target, CLAUDE_HOSTS[dialect])
  }
}

function forwardUnknown(original: Original, target: Target): Forwarded {
  const { bytes, headers } = original
  const request = folded(original.request, target.model)
  const same = request === original.request
  const isClaude = claudeVersion(target.model) !== undefined
  return {
    ...patched({ bytes: same ? bytes : undefined, request }, target.model, !isClaude),
    headers,
  }
}

function forwardCompatible({ request, headers }: Original, target: Target): Forwarded {
  const seen = target.can?.images === false ? withoutBlocks(request, 'image') : request
  const told = compatible(seen, target.model)
  const betas = betasIn(headers, OLD_BETAS)
  const most = outputLimit(request, target)
  const limit = most === undefined ? {} : { max_tokens: most }
  return {
    body: JSON.stringify({ ...told.request, model: target.model, ...limit }),
    headers: betas.headers,
    dropped: [...told.dropped, ...(seen === request ? [] : ['messages.image']), ...betas.dropped],
  }
}
