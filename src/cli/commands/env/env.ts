/** `ccr env`. */
import type { Config } from '../../../config/config.ts'
import { waitUntilFree } from '../../../lib/lock.ts'
import { UserError } from '../../../lib/user-error.ts'
import { type SessionRef } from '../../../session/identity.ts'
import { bootLock } from '../../../session/paths.ts'
import { holderOfPort, holderText } from '../../../session/port-holder.ts'
import { LISTING_LIMIT_MS } from '../../../session/peer.ts'
import { type OnSilence, probe, type SessionView } from '../../../session/probe.ts'
import { type Command, CONFIG_OPTION, type Io, type Options, parseOptions } from '../../command.ts'
import { type Shell, shellNamed, SHELLS } from '../../terminal/shells.ts'
import { type Variable, variablesFor, variablesToRemove } from './variables.ts'
import { launchOptions } from '../../claude/launch-options.ts'
import { sessionConfig } from '../../../session/config.ts'
import { endpoint } from '../../client/session-text.ts'
import { withReportedModels, withUsableWindows } from '../../client/reported-models.ts'
import { commandLine } from '../../../lib/command-line.ts'
import { WITHOUT_ANSWER, WAITING, whileWaiting } from '../../client/wait-notice.ts'
import { writeNotes } from '../../terminal/output.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  shell: {
    type: 'string',
    value: 'SHELL',
    choices: Object.keys(SHELLS),
    summary: `${Object.keys(SHELLS).join(', ')} (default: $SHELL)`,
  },
  start: { type: 'boolean', summary: 'start the session if it is not running' },
  unset: { type: 'boolean', summary: 'print commands that unset the variables' },
} as const satisfies Options

export const command: Command = {
  name: 'env',
  summary: 'print shell commands that connect claude to the session',
  usage: 'ccr env [--shell SHELL] [--start] [--unset] [--config FILE]',
  options: OPTIONS,
  details: [
    'For claude without ccr code, and for editors: the variables that ccr code sets for claude, as ' +
      'commands for your shell. They contain the secret token of the session. Nothing is started ' +
      'without --start; before the first start, they name the port that the session will have.',
    'Variables cannot carry the names of models: the banner of claude shows the alias of the session, and ' +
      '/model shows the models of the config as "From gateway". ccr code shows them by name.',
    'CCR_SET_VARIABLES records what was set, so that ccr env and ccr code for another session replace ' +
      'those variables and keep the ones that you set yourself.',
  ],
  examples: [
    'eval "$(ccr env --start)"                          bash, zsh',
    'ccr env --start | source                           fish',
    'ccr env --start | Out-String | Invoke-Expression   PowerShell',
    `for /f "delims=" %i in ('ccr env --shell cmd') do @%i   cmd`,
    'eval "$(ccr env --unset)"                          unset the variables',
  ],
  run: (argv, io) => printEnvironment('env', argv, io),
}

/** Prints the shell commands. `name`: the name of the command that the user typed. */
export async function printEnvironment(
  name: string,
  argv: readonly string[],
  io: Io,
): Promise<number> {
  const values = await parseOptions(name, argv, OPTIONS)
  const shell = shellNamed(name, values.shell, io.env)
  const ref = commandSession(io, values)
  const variables = values.unset
    ? variablesToRemove(io.env)
    : variablesFor(io.env, await optionsOf(ref, values.start === true, io))
  io.stdout.write(variables.map((variable) => `${line(variable, shell)}\n`).join(''))
  if (io.stdout.isTTY === true) {
    io.stderr.write(`ccr: run these lines in your shell: ${shell.use(commandLine(ref, name))}\n`)
  }
  return 0
}

function line([name, value]: Variable, shell: Shell): string {
  return value === null ? shell.unset(name) : shell.set(name, value)
}

async function optionsOf(ref: SessionRef, start: boolean, io: Io) {
  const config = sessionConfig(ref, io.env)
  const view = start ? await started(ref, io) : await present(ref, config, io)
  const baseUrl = endpoint(view) ?? ''
  const { record } = view
  const isRunning = view.state === 'running'
  const known = isRunning ? withUsableWindows(await withReportedModels(config, record)) : config
  // Environment variables cannot carry the names, so claude asks the session for them.
  return { ...launchOptions(ref, { baseUrl, token: record.token }, known), discovery: true }
}

async function started(ref: SessionRef, io: Io): Promise<SessionView> {
  const { startSession } = await import('../../../session/start.ts')
  const { view, already, notes } = await whileWaiting(io, WAITING, (waiting) =>
    startSession(ref, { env: io.env, ...waiting }),
  )
  const { changedKeyNotes } = await import('../../client/changed-keys.ts')
  writeNotes([...notes, ...(already ? changedKeyNotes(ref, io.env) : [])], io)
  return view
}

/**
 * A session keeps its port and token, so they are known even if it is not running or was never
 * started. They are not printed while another program listens on the port, because that program would
 * receive the token with the first request.
 */
async function present(ref: SessionRef, config: Config, io: Io): Promise<SessionView> {
  const found = await whileWaiting(io, WITHOUT_ANSWER, ({ onSilence }) => settled(ref, onSilence))
  const view = found.state === 'stopped' ? await planned(found, config) : found
  const onPort = await holderOfPort(view)
  if (onPort.who === 'stranger') {
    throw new UserError(
      `port ${view.port ?? 0} of session ${ref.id} is in use by ${holderText(onPort.holder)}, which ` +
        "is not its daemon and must not receive the session's token.",
      `Start the session; it takes another port if it can: ${commandLine(ref, 'env --start')}`,
    )
  }
  if (view.state === 'stopped') {
    io.stderr.write(
      `ccr: session ${ref.id} is not running; start it: ${commandLine(ref, 'start')}\n`,
    )
  }
  return view
}

/** The session with the port and the token that it will get. */
async function planned(view: SessionView, config: Config): Promise<SessionView> {
  const { addressOf } = await import('../../../daemon/bind.ts')
  const { planSession } = await import('../../../session/plan.ts')
  const record = await planSession(view.ref, { base: config.port, ...addressOf(config) })
  return { ...view, record, port: record.port }
}

/** Waits for a session that is starting, because it may get another port. */
async function settled(ref: SessionRef, onSilence: OnSilence): Promise<SessionView> {
  const view = await probe(ref, LISTING_LIMIT_MS, onSilence)
  if (view.state !== 'starting') return view
  await waitUntilFree(ref.home, bootLock(ref))
  return probe(ref, LISTING_LIMIT_MS, onSilence)
}
