/** Checks of the config and its providers. */
import { counted } from '../../../lib/counted.ts'
import { formatModelRef, type ModelRef } from '../../../lib/model-ref.ts'
import type { Config, ProviderConfig } from '../../../config/config.ts'
import { isDemoProvider } from '../../../config/demo.ts'
import { settingAdvice } from '../../../config/key-advice.ts'
import type { Finding, Report } from '../../../config/diagnostics/report.ts'
import { modelNotes, sessionWindow } from '../../../session/context-window.ts'
import { windowAdvice } from '../../../session/server-notes.ts'
import { serverTitle } from '../../../providers/model-reports/cure.ts'
import { reportOf } from '../../../providers/model-reports/report.ts'
import { providerOf } from '../../../providers/configured/provider.ts'
import { sessionPreference } from '../../../routing/preference.ts'
import { resolveRoute } from '../../../routing/resolve.ts'
import type { SessionRef } from '../../../session/identity.ts'
import type { Env } from '../../../lib/env.ts'
import { whyNot } from '../config/named-models.ts'
import { preferenceAdvice } from '../../client/require-preference.ts'
import { area, type Check } from './check.ts'

const config = area('config')
const provider = area('providers')

/** Checks of the config file; a demo session needs none. */
export function configChecks(report: Report): Check[] {
  const { file, exists, errors, warnings } = report
  if (!exists && report.config !== null) {
    return [config('note', `there is no ${file}, and the demo does not need one`)]
  }
  if (!exists) return [config('broken', `there is no config at ${file}`, 'Write one: ccr init')]
  const located = (finding: Finding): string =>
    finding.line === null ? finding.message : `${file}:${finding.line}: ${finding.message}`
  const found = [
    ...errors.map((finding) => config('broken', located(finding), report.hint)),
    ...warnings
      // Reported below, with the provider.
      .filter(({ message }) => !/^[Pp]roviders\[\d+\]\.api_\w+ refers to/.test(message))
      .map((finding) => config('warning', located(finding))),
  ]
  return errors.length > 0 ? found : [config('ok', file), ...found]
}

/**
 * Checks where the session's requests go, and whether each provider can be used.
 * @param parts with what local servers report.
 */
export function providerChecks(ref: SessionRef, parts: Config, env: Env): Check[] {
  const target = targetOf(ref, parts)
  return [
    preferenceCheck(ref, parts, target),
    ...windowChecks(ref, parts, target),
    ...parts.providers
      .filter((provider) => !isDemoProvider(provider))
      .map((entry) => providerCheck(entry, entry.name === target?.provider, env)),
  ]
}

/** Checks that the session's model, and its server, take what Claude Code sends. */
function windowChecks(ref: SessionRef, parts: Config, target: ModelRef | undefined): Check[] {
  const entry = parts.providers.find(({ name }) => name === target?.provider)
  const advice = target && windowAdvice(entry, target.model)
  const notes = modelNotes(target ?? null, parts, sessionWindow(ref.preference, parts))
  // The first of them is the advice.
  const others = notes.slice(advice ? 1 : 0).map((note) => provider('warning', note))
  if (advice) return [provider('warning', advice.problem, advice.cure), ...others]
  const report = target && reportOf(entry, target.model)
  if (!target || report?.contextWindow === undefined) return others
  const [server, tokens] = [serverTitle(report), report.contextWindow.toLocaleString('en-US')]
  return [
    provider('ok', `${formatModelRef(target)}: ${server} reports ${tokens} tokens`),
    ...others,
  ]
}

/** The target of requests that name no model; undefined if there is none. */
export function targetOf(ref: Pick<SessionRef, 'preference'>, parts: Config): ModelRef | undefined {
  const alias = 'ccr-doctor'
  try {
    const session = { preference: ref.preference, alias }
    return resolveRoute({ model: alias, messages: [] }, parts, session, { tokens: 0 }).choices[0]
  } catch {
    return undefined
  }
}

function preferenceCheck(ref: SessionRef, parts: Config, target: ModelRef | undefined): Check {
  const meant = sessionPreference(ref.preference, parts)
  const name = ref.preference === '' ? 'Router.default' : 'CCR_MODEL_PREFERENCE'
  const goes = target === undefined ? 'nowhere' : `to ${formatModelRef(target)}`
  if ('reason' in meant) {
    const level = target === undefined ? 'broken' : 'warning'
    return provider(
      level,
      `${name}: ${preferenceAdvice(meant)}; requests go ${goes}`,
      'See: ccr models',
    )
  }
  if (target !== undefined) return provider('ok', `${name}: requests go ${goes}`)
  const written = parts.router.default ?? ''
  const why = written === '' ? 'is not set' : (whyNot(written, parts) ?? 'names no model')
  return provider('broken', `Router.default ${why}: requests go nowhere`, 'Choose one: ccr model')
}

/** `needed`: whether the session depends on the provider. */
function providerCheck(entry: ProviderConfig, needed: boolean, env: Env): Check {
  const level = needed ? 'broken' : 'warning'
  const { name, missing, models } = entry
  if (missing.length > 0) {
    const names = missing.join(', ')
    return provider(
      level,
      `${name} needs ${names}, which is not set`,
      settingAdvice(entry, missing, env),
    )
  }
  try {
    const { protocolName } = providerOf(entry)
    const { host } = new URL(entry.url)
    const count = models.length === 0 ? 'any model' : counted(models.length, 'model')
    return provider('ok', `${name}: ${host}, ${protocolName}, ${count}`)
  } catch (thrown) {
    return provider(level, thrown instanceof Error ? thrown.message : String(thrown))
  }
}
