import type { MessagesRequest, Tool } from '../../messages/request.ts'
import { isWebSearch } from '../../messages/search.ts'
import type { Target } from '../protocol.ts'
import { domains, reportSearchLimits } from '../server-tools.ts'
import { offeredTools } from '../tools.ts'
import type { Quirks } from './wire.ts'

/** How a provider of Chat Completions is asked to search the web, what it adds to the body. */
export interface SearchFields {
  readonly fields?: object
  /** Stands among the functions. */
  readonly tool?: object
}

const LIMITS = ['allowed_domains', 'blocked_domains', 'user_location'] as const

/** What asks for a search; undefined where this model cannot. */
type Asking = (tool: Tool, target: Target, dropped: Set<string>) => SearchFields | undefined

const ASKING: Readonly<Record<NonNullable<Quirks['search']>, Asking>> = {
  /** https://openrouter.ai/docs/features/web-search */
  plugins: (tool, _, dropped) => {
    reportSearchLimits(tool, LIMITS, dropped)
    return { fields: { plugins: [{ id: 'web' }] } }
  },
  /** https://help.aliyun.com/en/model-studio/web-search: in the compatible mode without its sources. */
  enable_search: (tool, _, dropped) => {
    reportSearchLimits(tool, LIMITS, dropped)
    return { fields: { enable_search: true, search_options: { forced_search: true } } }
  },
  /** https://docs.z.ai/guides/tools/web-search */
  zai: (tool, _, dropped) => {
    const [domain, ...others] = domains(tool['allowed_domains']) ?? []
    if (others.length > 0) dropped.add('tools.web_search.allowed_domains')
    reportSearchLimits(tool, ['blocked_domains', 'user_location'], dropped)
    const filter = domain === undefined ? {} : { search_domain_filter: domain }
    const web_search = {
      enable: true,
      search_engine: 'search-prime',
      search_result: true,
      ...filter,
    }
    return { tool: { type: 'web_search', web_search } }
  },
  /** https://console.groq.com/docs/browser-search, …/compound: those search without being asked. */
  groq: (tool, { model }, dropped) => {
    reportSearchLimits(tool, LIMITS, dropped)
    if (/compound/.test(model)) return {}
    return /gpt-oss/.test(model) ? { tool: { type: 'browser_search' } } : undefined
  },
  /** https://docs.perplexity.ai/guides/search-domain-filters: it always searches; `-` blocks. */
  always: (tool, _, dropped) => {
    reportSearchLimits(tool, ['user_location'], dropped)
    const blocked = domains(tool['blocked_domains'])?.map((domain) => `-${domain}`)
    const filter = domains(tool['allowed_domains']) ?? blocked
    return { fields: filter === undefined ? {} : { search_domain_filter: filter } }
  },
  /** https://platform.openai.com/docs/guides/tools-web-search: models made for it, no others. */
  openai: (tool, { model }, dropped) => {
    if (!/-search/.test(model)) return undefined
    reportSearchLimits(tool, LIMITS, dropped)
    return { fields: { web_search_options: {} } }
  },
}

/**
 * The provider's own search for Anthropic's; undefined where there is none, then the tool is named
 * in `dropped`, as every other server tool.
 */
export function searchFields(
  request: MessagesRequest,
  target: Target,
  quirks: Quirks,
  dropped: Set<string>,
): SearchFields | undefined {
  const { server } = offeredTools(request)
  const search = server.find(isWebSearch)
  const asking = search && quirks.search && ASKING[quirks.search](search, target, dropped)
  for (const tool of server) {
    if (asking === undefined || !isWebSearch(tool)) dropped.add(`tools.${tool.type ?? tool.name}`)
  }
  return asking
}
