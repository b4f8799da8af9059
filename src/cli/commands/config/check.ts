/** `ccr config check`. */
/** `ccr config check`. */
import { counted } from '../../../lib/counted.ts'
import type { Config } from '../../../config/config.ts'
import { type Finding, type Report, reportOn } from '../../../config/diagnostics/report.ts'
import { isDemoPreference } from '../../../config/demo.ts'
import { daemonEnvironment } from '../../../session/environment.ts'
import type { SessionRef } from '../../../session/identity.ts'
import type { Io } from '../../command.ts'
import { json, type Paint, painter } from '../../terminal/output.ts'
import { unusableModels } from './named-models.ts'

/**
 * Reports what is wrong with the config. Returns 1 if a session could not start with it or could not
 * do what the config asks for.
 */
export function checkConfig(ref: SessionRef, io: Io, asJson: boolean): number {
  const report = strict(inspect(ref, io.env))
  io.stdout.write(
    asJson ? json(reportJson(report)) : reportText(report, painter(io.stdout, io.env)),
  )
  return report.errors.length === 0 ? 0 : 1
}

/** Turns obvious mistakes, with which a session would start, into errors. */
function strict(report: Report): Report {
  const { config, errors, warnings, file } = report
  const mistakes = warnings.filter(({ isMistake }) => isMistake)
  const found = [...errors, ...(config === null ? [] : withoutProviders(config)), ...mistakes]
  return {
    ...report,
    errors: found.map(({ line, column, message }) => ({ line, column, message })),
    warnings: warnings.filter(({ isMistake }) => !isMistake),
    hint: report.hint === '' && found.length > 0 ? `Correct ${file}: ccr config edit` : report.hint,
  }
}

/** The error of a config without providers, unless it uses the demo. */
function withoutProviders({ file, providers, router }: Config): Finding[] {
  if (providers.length > 0 || isDemoPreference(router.default ?? '')) return []
  const message = `${file}: there are no providers; add one to Providers, or write a config with: ccr init`
  return [{ line: null, column: null, message }]
}

/** The report of a session's config, with the environment that a start would have. */
export function inspect(ref: SessionRef, env: Io['env']): Report {
  const report = reportOn(ref.configFile, daemonEnvironment(ref, env))
  if (report.config === null) return report
  const known = new Set(report.warnings.map(positionKey))
  const more = unusableModels(report.config).filter((finding) => !known.has(positionKey(finding)))
  const warnings = [...report.warnings, ...more].sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
  return { ...report, warnings }
}

function positionKey({ line, column }: Finding): string {
  return `${line ?? 0}:${column ?? 0}`
}

function reportJson({ file, exists, errors, warnings }: Report): object {
  return { file, exists, valid: errors.length === 0, errors, warnings }
}

function reportText(report: Report, paint: Paint): string {
  const { file, errors, warnings, hint } = report
  const lines = [
    ...errors.map((finding) => `${paint('red', 'error')}    ${where(file, finding)}`),
    ...warnings.map((finding) => `${paint('yellow', 'warning')}  ${where(file, finding)}`),
  ]
  const list = lines.length === 0 ? '' : `${lines.join('\n')}\n\n`
  return `${list}${verdict(report, paint)}${errors.length > 0 ? `${hint}\n` : ''}`
}

function where(file: string, { line, column, message }: Finding): string {
  return line === null ? message : `${file}:${line}:${column ?? 1}: ${message}`
}

function verdict({ file, config, errors, warnings }: Report, paint: Paint): string {
  const warningsText = warnings.length === 0 ? '' : `, ${counted(warnings.length, 'warning')}`
  if (config === null || errors.length > 0)
    return `${counted(errors.length, 'error')}${warningsText} in ${file}.\n`
  const { providers, router } = config
  const models = providers.reduce((sum, provider) => sum + provider.models.length, 0)
  const details = `${counted(providers.length, 'provider')}, ${counted(models, 'model')}`
  const target = router.default === undefined ? 'no Router.default' : `default ${router.default}`
  return `${paint('green', 'ok')}: ${file}: ${details}, ${target}${warningsText}.\n`
}
