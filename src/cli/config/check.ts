import type { Finding, Report } from '../../config/report.ts'
import { reportOn } from '../../config/report.ts'
import { daemonEnvironment } from '../../session/environment.ts'
import type { SessionRef } from '../../session/identity.ts'
import type { Io } from '../command.ts'
import type { Paint } from '../output.ts'
import { json, painter } from '../output.ts'
import { unknownModels } from './unknown-models.ts'

/** Tells what is wrong with the config; gives 1 when a session could not start with it. */
export function checkConfig(ref: SessionRef, io: Io, asJson: boolean): number {
  const report = inspect(ref, io.env)
  io.stdout.write(
    asJson ? json(reportJson(report)) : reportText(report, painter(io.stdout, io.env)),
  )
  return report.errors.length === 0 ? 0 : 1
}

/** The report of a session's config, with the environment that a start would have. */
export function inspect(ref: SessionRef, env: Io['env']): Report {
  const report = reportOn(ref.configFile, daemonEnvironment(ref, env))
  if (report.config === null) return report
  const known = new Set(report.warnings.map(placeKey))
  const more = unknownModels(report.config).filter((finding) => !known.has(placeKey(finding)))
  const warnings = [...report.warnings, ...more].sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
  return { ...report, warnings }
}

function placeKey({ line, column }: Finding): string {
  return `${line ?? 0}:${column ?? 0}`
}

function reportJson({ file, exists, errors, warnings }: Report): object {
  return { file, exists, valid: errors.length === 0, errors, warnings }
}

function reportText(report: Report, paint: Paint): string {
  const { file, config, errors, warnings, hint } = report
  const lines = [
    ...errors.map((finding) => `${paint('red', 'error')}    ${where(file, finding)}`),
    ...warnings.map((finding) => `${paint('yellow', 'warning')}  ${where(file, finding)}`),
  ]
  const list = lines.length === 0 ? '' : `${lines.join('\n')}\n\n`
  return `${list}${verdict(report, paint)}${config === null ? `${hint}\n` : ''}`
}

function where(file: string, { line, column, message }: Finding): string {
  return line === null ? message : `${file}:${line}:${column ?? 1}: ${message}`
}

function verdict({ file, config, errors, warnings }: Report, paint: Paint): string {
  const told = warnings.length === 0 ? '' : `, ${count(warnings.length, 'warning')}`
  if (config === null) return `${count(errors.length, 'error')}${told} in ${file}.\n`
  const { providers, router } = config
  const models = providers.reduce((sum, provider) => sum + provider.models.length, 0)
  const facts = `${count(providers.length, 'provider')}, ${count(models, 'model')}`
  const target = router.default === undefined ? 'no Router.default' : `default ${router.default}`
  return `${paint('green', 'ok')}: ${file}: ${facts}, ${target}${told}.\n`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
