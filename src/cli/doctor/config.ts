import type { Config, ProviderConfig } from '../../config/config.ts'
import type { Finding, Report } from '../../config/report.ts'
import { providerOf } from '../../providers/provider.ts'
import { resolvePreference } from '../../routing/preference.ts'
import type { SessionRef } from '../../session/identity.ts'
import { whyNot } from '../config/unknown-models.ts'
import type { Check } from './check.ts'
import { area } from './check.ts'

const config = area('config')
const provider = area('providers')

/** The state of the config file; a demo session needs none. */
export function configChecks(report: Report): Check[] {
  const { file, exists, errors, warnings } = report
  if (!exists && report.config !== null) {
    return [config('note', `there is no ${file}; the demo needs none`)]
  }
  if (!exists) return [config('broken', `there is no config at ${file}`, 'Write one: ccr init')]
  const place = (finding: Finding): string =>
    finding.line === null ? finding.message : `${file}:${finding.line}: ${finding.message}`
  const found = [
    ...errors.map((finding) => config('broken', place(finding), report.hint)),
    ...warnings.map((finding) => config('warning', place(finding))),
  ]
  return errors.length > 0 ? found : [config('ok', file), ...found]
}

/** Where the session's requests go, and whether each provider can be called. */
export function providerChecks(ref: SessionRef, { providers, router }: Config): Check[] {
  const wanted = ref.preference === '' ? (router.default ?? '') : ref.preference
  const meant = resolvePreference(wanted, providers)
  const target = meant.kind === 'found' ? meant.choice.provider : undefined
  return [
    targetCheck(ref, { providers, router }),
    ...providers
      .filter(({ name }) => name !== 'demo')
      .map((entry) => providerCheck(entry, entry.name === target)),
  ]
}

function targetCheck(ref: SessionRef, parts: Pick<Config, 'providers' | 'router'>): Check {
  const { providers, router } = parts
  const fallback = router.default ?? ''
  const wanted = ref.preference === '' ? fallback : ref.preference
  const name = ref.preference === '' ? 'Router.default' : 'CCR_MODEL_PREFERENCE'
  if (wanted === '') {
    const hint = 'Choose one: ccr model'
    return provider('broken', 'Router.default is not set: requests have nowhere to go', hint)
  }
  const meant = resolvePreference(wanted, providers)
  if (meant.kind === 'found') {
    return provider('ok', `${name} is ${meant.choice.provider},${meant.choice.model}`)
  }
  const text = `${name}: ${whyNot(wanted, { providers }) ?? 'it names no model'}`
  return provider(ref.preference === '' ? 'broken' : 'warning', text, 'See: ccr models')
}

/** `needed`: the session cannot do without it. */
function providerCheck(entry: ProviderConfig, needed: boolean): Check {
  const level = needed ? 'broken' : 'warning'
  const { name, missing, models } = entry
  if (missing.length > 0) {
    const names = missing.join(', ')
    return provider(
      level,
      `${name} needs ${names}, which is not set`,
      `export ${missing[0] ?? ''}=…`,
    )
  }
  try {
    const { format } = providerOf(entry)
    const { host } = new URL(entry.url)
    const count = models.length === 0 ? 'any model' : `${models.length} models`
    return provider('ok', `${name}: ${host}, ${format}, ${count}`)
  } catch (thrown) {
    return provider(level, thrown instanceof Error ? thrown.message : String(thrown))
  }
}
