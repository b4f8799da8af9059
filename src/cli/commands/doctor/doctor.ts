/** `ccr doctor`. */
import type { Config } from '../../../config/config.ts'
import { emptyConfig } from '../../../config/defaults.ts'
import type { Report } from '../../../config/diagnostics/report.ts'
import type { UserError } from '../../../lib/user-error.ts'
import { version } from '../../../lib/version.ts'
import { isDemoPreference } from '../../../config/demo.ts'
import { daemonEnvironment } from '../../../session/environment.ts'
import { type SessionRef } from '../../../session/identity.ts'
import { lookAtSessions, type SessionView } from '../../../session/probe.ts'
import { parseArguments } from '../../arguments.ts'
import { type Command, CONFIG_OPTION, type Io, type Options, UsageError } from '../../command.ts'
import { inspect } from '../config/check.ts'
import { type Check, everyCheck } from './check.ts'
import { configChecks, providerChecks } from './config.ts'
import { environmentChecks, proxyChecks } from './environment.ts'
import { permissionChecks, settingsChecks } from './files.ts'
import { claudeCheck, nodeCheck } from './machine.ts'
import { homeChecks } from './home.ts'
import { hider, redacted } from './redact.ts'
import { otherCcrChecks } from './other-ccr.ts'
import { faultChecks, keyChecks, orphanChecks, portCheck, sessionChecks } from './sessions.ts'
import { doctorText } from './text.ts'
import { usageChecks } from './usage.ts'
import { json, painter } from '../../terminal/output.ts'
import { WITHOUT_ANSWER, whileWaiting } from '../../client/wait-notice.ts'
import { withReportsOfServers } from '../../client/reported-models.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  live: {
    type: 'boolean',
    summary:
      'hold a short conversation with every provider and call the search service, or the given ones',
  },
  json: { type: 'boolean', summary: 'an object for scripts' },
} as const satisfies Options

export const command: Command = {
  name: 'doctor',
  summary: 'find problems with ccr and its environment',
  usage: 'ccr doctor [--live [PROVIDER…]] [--json] [--config FILE]',
  options: OPTIONS,
  completes: { '': ['providers', 'providers', 'providers'] },
  details: [
    'Checks Node, other programs called ccr, claude, the home of ccr, the config, providers and their ' +
      'variables, ports, sessions, orphaned daemons, proxies, settings files of Claude Code and file ' +
      'permissions. Exit code: 1 if something is broken.',
    'The output contains no keys or tokens, and ~ instead of your home folder, so it is safe to share.',
  ],
  examples: [
    'ccr doctor',
    'ccr doctor --live',
    'ccr doctor --live openrouter',
    'ccr doctor --json',
  ],
  async run(argv, io) {
    const { words, values } = await parseArguments('doctor', argv, OPTIONS)
    if (words.length > 0 && !values.live) {
      const hint = `Write: ccr doctor --live ${words.join(' ')}`
      throw new UsageError(`ccr doctor: unexpected argument '${words[0] ?? ''}'.`, hint)
    }
    const ref = commandSession(io, values)
    const input = await examine(ref, io)
    const found = await checksOf(input, io)
    const liveResults = values.live ? await liveOf(input, words) : []
    const { report, sessions, env } = input
    const checks = redacted([...found, ...liveResults], hider(report.config, sessions, env))
    const healthy = !checks.some(({ level }) => level === 'broken')
    io.stdout.write(values.json ? json(asJson(checks, healthy)) : asText(checks, io))
    return healthy ? 0 : 1
  },
}

interface DoctorInput {
  readonly ref: SessionRef
  readonly report: Report
  readonly sessions: readonly SessionView[]
  /** Problems that hide other sessions. */
  readonly faults: readonly UserError[]
  /** The environment that a daemon of the session would have. */
  readonly env: Io['env']
}

async function examine(ref: SessionRef, io: Io): Promise<DoctorInput> {
  const report = forDemo(ref, inspect(ref, io.env))
  const { views: sessions, faults } = await whileWaiting(io, WITHOUT_ANSWER, ({ onSilence }) =>
    lookAtSessions(ref.home, onSilence),
  )
  return { ref, report, sessions, faults, env: daemonEnvironment(ref, io.env) }
}

/** A demo session without a config gets an empty one. */
function forDemo(ref: SessionRef, report: Report): Report {
  if (report.exists || ref.isCustomConfig || !isDemoPreference(ref.preference)) return report
  return { ...report, errors: [], config: emptyConfig() }
}

async function checksOf(input: DoctorInput, io: Io): Promise<Check[]> {
  const { ref, report, sessions, faults, env } = input
  const { config } = report
  const port = (config ?? emptyConfig()).port
  const ccrPorts = [port, ...sessions.flatMap((view) => (view.port === null ? [] : [view.port]))]
  return everyCheck([
    ['node', () => [nodeCheck()]],
    ['ccr', () => otherCcrChecks(io.env)],
    ['claude', async () => [await claudeCheck(config?.claudePath ?? '', io.env)]],
    ['claude', () => modelListOf(input, io)],
    ['home', () => homeChecks(ref.home)],
    ['config', () => configChecks(report)],
    [
      'providers',
      async () =>
        config === null ? [] : providerChecks(ref, await withReportsOfServers(config, env), env),
    ],
    ['web search', () => searchOf(input)],
    ['images', () => imagesOf(input)],
    ['ports', async () => [await portCheck(port, ref.home, sessions)]],
    ['sessions', () => [...faultChecks(faults), ...sessionChecks(sessions, faults.length === 0)]],
    ['sessions', () => keyChecks(sessions, io.env)],
    ['sessions', () => orphanChecks(ref.home)],
    ['proxies', () => proxyChecks(config, env, ccrPorts)],
    ['environment', () => environmentChecks(io.env)],
    ['claude settings', () => settingsChecks(io.env, process.cwd())],
    ['permissions', () => permissionChecks(ref.home, ref.configFile)],
    ['usage', () => usageChecks(ref.home)],
  ])
}

async function modelListOf({ ref, report: { config } }: DoctorInput, io: Io): Promise<Check[]> {
  if (config === null) return []
  const { modelListChecks } = await import('./model-list.ts')
  return modelListChecks(ref, config, io.env)
}

async function searchOf({ ref, report: { config }, env }: DoctorInput): Promise<Check[]> {
  if (config === null) return []
  const { searchChecks } = await import('./web-search.ts')
  return searchChecks(ref, config, env)
}

async function imagesOf({ ref, report: { config }, env }: DoctorInput): Promise<Check[]> {
  if (config === null) return []
  const { imageChecks } = await import('./images.ts')
  return imageChecks(ref, config, env)
}

async function liveOf({ report, env }: DoctorInput, names: readonly string[]): Promise<Check[]> {
  const config: Config | null = report.config
  if (config === null) return []
  const { liveChecks } = await import('./live.ts')
  return liveChecks(config, names, env)
}

function asJson(checks: readonly Check[], healthy: boolean): object {
  const { platform, arch, versions } = process
  return { version, node: versions.node, platform, arch, healthy, checks }
}

function asText(checks: readonly Check[], { stdout, env }: Io): string {
  const { platform, arch, versions } = process
  const head = `ccr ${version}, Node ${versions.node}, ${platform} ${arch}`
  return doctorText(head, checks, painter(stdout, env))
}
