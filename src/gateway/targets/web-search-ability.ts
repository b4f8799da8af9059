/** Whether a target can search the web. */
import { CLAUDE_HOSTS } from '../../protocols/anthropic/hosts.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import type { ResolvedTarget } from './targets.ts'

/**
 * Whether a target searches where a request offers a web search. Servers that the user runs have none;
 * of a Messages API of another maker it is not known, unless its model is a Claude.
 */
export function webSearchOf(
  { api, provider, target }: Pick<ResolvedTarget, 'api' | 'provider' | 'target'>,
  request: MessagesRequest,
): 'yes' | 'no' | 'unknown' {
  if (provider.definition.kind === 'local') return 'no'
  if (api.kind === 'translate') {
    const { dropped } = api.protocol.encode(request, target)
    return dropped.some((name) => name.startsWith('tools.web_search_')) ? 'no' : 'yes'
  }
  const { dialect } = api
  if (dialect === 'anthropic') return 'yes'
  if (dialect in CLAUDE_HOSTS) {
    return CLAUDE_HOSTS[dialect as keyof typeof CLAUDE_HOSTS].search ? 'yes' : 'no'
  }
  return /claude/i.test(target.model) ? 'yes' : 'unknown'
}
