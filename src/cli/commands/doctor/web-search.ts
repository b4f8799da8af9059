/** Checks who searches the web: the session's model, or what `Lend.webSearch` names. */
import type { Config, SearchServiceConfig } from '../../../config/config.ts'
import { probeSearch } from '../../../gateway/lending/search-probe.ts'
import { createTargets } from '../../../gateway/targets/targets.ts'
import { webSearchOf } from '../../../gateway/targets/web-search-ability.ts'
import { formatModelRef, type ModelRef } from '../../../lib/model-ref.ts'
import { lacking, SEARCH_SERVICES } from '../../../providers/search/services.ts'
import { routeTo } from '../../../routing/resolve.ts'
import type { SessionRef } from '../../../session/identity.ts'
import type { Io } from '../../command.ts'
import { area, type Check } from './check.ts'
import { targetOf } from './config.ts'

const search = area('web search')
const live = area('live')

/** As the client sends it. */
const SEARCH = {
  model: 'ccr-doctor',
  max_tokens: 1_000,
  messages: [{ role: 'user', content: 'Perform a web search for the query: weather' }],
  tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }],
}

/** One line on who searches for the session, and one on what is wrong with it. */
export function searchChecks(
  ref: Pick<SessionRef, 'preference'>,
  config: Config,
  env: Io['env'],
): Check[] {
  const { webSearch: lender } = config.lend
  const target = targetOf(ref, config)
  const ability = target && abilityOf(target, config, env)
  const name = target === undefined ? '' : formatModelRef(target)
  if (ability === 'yes') return [search('ok', `${name} searches by itself`)]
  if (lender !== undefined) return [lenderCheck(lender, config, env)]
  if (ability !== 'no') return []
  const hint =
    'Set Lend.webSearch to "provider,model" with a web search, or to a search service: { "service": "searxng", "url": "http://127.0.0.1:8080" }'
  return [search('note', `${name} has none, and nothing searches for it`, hint)]
}

/** Undefined where the model cannot be used at all, which the checks of providers say. */
function abilityOf(target: ModelRef, config: Config, env: Io['env']) {
  try {
    const [candidate] = createTargets(config, { env }).of([target])
    return webSearchOf(candidate, SEARCH)
  } catch {
    return undefined
  }
}

function lenderCheck(lender: string | SearchServiceConfig, config: Config, env: Io['env']): Check {
  if (typeof lender === 'object') {
    const { service, missing } = lender
    const { title } = SEARCH_SERVICES[service]
    const named = `${title} (Lend.webSearch)`
    if (missing.length > 0)
      return search('warning', `${named} needs ${missing.join(' and ')}, which is not set`)
    const key = lacking(lender)
    if (key !== undefined) return search('warning', `${named} cannot search without ${key}`)
    return search('ok', `${title} searches (Lend.webSearch)`)
  }
  const found = routeTo(lender, '', SEARCH, config)?.choices[0]
  if (found === undefined)
    return search('warning', `Lend.webSearch: "${lender}" is no configured model`)
  const name = formatModelRef(found)
  const ability = abilityOf(found, config, env)
  if (ability === 'no') return search('warning', `Lend.webSearch: ${name} has no web search itself`)
  if (ability === undefined) return search('warning', `Lend.webSearch: ${name} cannot be used`)
  return search('ok', `${name} searches (Lend.webSearch)`)
}

/** A search by the service of `Lend.webSearch`; none where that is no service. */
export async function liveSearchChecks(config: Config, env: Io['env']): Promise<Check[]> {
  const { webSearch: service } = config.lend
  if (typeof service !== 'object') return []
  const { title } = SEARCH_SERVICES[service.service]
  const started = performance.now()
  try {
    const pages = await probeSearch(service, 'weather', { config, env })
    const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`
    if (pages > 0) return [live('ok', `${title} finds pages (${seconds})`)]
    return [live('warning', `${title} answers (${seconds}), but finds no pages for "weather"`)]
  } catch (thrown) {
    return [live('broken', thrown instanceof Error ? thrown.message : String(thrown))]
  }
}
