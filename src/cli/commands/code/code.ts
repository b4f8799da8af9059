/** `ccr code`. */
import { sessionModelAlias, type SessionRef } from '../../../session/identity.ts'
import type { Config } from '../../../config/config.ts'
import { sessionRoute } from '../../../session/context-window.ts'
import { renewKeys } from '../../client/changed-keys.ts'
import { type ChildRun, runChild } from '../../claude/spawn.ts'
import { childEnvironment, NON_INTERACTIVE, withoutProviderKeys } from '../../claude/launch-env.ts'
import { findClaude } from '../../claude/find.ts'
import { takePreference } from './preference-option.ts'
import type { Command, Io, Options } from '../../command.ts'
import { launchOptions } from '../../claude/launch-options.ts'
import { chargesOf } from '../../claude/reported-charges.ts'
import { sessionPrices } from '../../claude/session-prices.ts'
import { spendingLimitNotes } from '../../claude/spending-limit.ts'
import {
  isPrinting,
  namingArguments,
  obstacleTo,
  refusedOption,
  unlistedNotes,
  UNNAMED,
} from '../../claude/native-names.ts'
import {
  acquireSession,
  acquireWhenStarted,
  reacquireSession,
} from '../../client/acquire-session.ts'
import { clientEnding, keepSessionAlive } from '../../client/session-keepalive.ts'
import { resolveModelArgument, modelArgument } from '../../claude/model-argument.ts'
import { reportNotes, withReportedModels, withUsableWindows } from '../../client/reported-models.ts'
import { requirePreference } from '../../client/require-preference.ts'
import { sessionConfig } from '../../../session/config.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { savedModel, savedModelNote } from '../../claude/saved-model.ts'
import { refuseConflictingSettings } from '../../claude/settings-conflicts.ts'
import { WAITING, whileWaiting } from '../../client/wait-notice.ts'
import { writeNotes } from '../../terminal/output.ts'
import { duplicateNote, duplicateSessions } from '../../client/duplicate-sessions.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  pref: {
    type: 'string',
    value: 'PREFERENCE',
    completes: 'preferences',
    summary: 'the session to use instead of CCR_MODEL_PREFERENCE; only directly after code',
  },
} as const satisfies Options

export const command: Command = {
  name: 'code',
  summary: 'run Claude Code in the session of CCR_MODEL_PREFERENCE, starting it if needed',
  usage: 'ccr [--config FILE] code [--pref PREFERENCE] [claude arguments…]',
  options: OPTIONS,
  details: [
    '--pref takes the same values as CCR_MODEL_PREFERENCE (provider,model, provider/model, a model ' +
      'alone, or a name from Preferences) and overrides it. A preference that matches no model is ' +
      'refused, and no session is started. --pref must come directly after code.',
    'Every other argument is passed to claude unchanged (ccr code --help shows the help of claude). ' +
      'The session keeps running when claude ends; ccr stop ends it. If the session is stopped while ' +
      'claude runs, claude -p receives its running answer, prints it and ends; on a terminal, claude ' +
      'stays open and continues when the session is started again.',
    'The banner and /model of claude show the models by their names in the config; a model chosen there ' +
      'is used from the next request on. claude gets the names and prices, without any secret, in the option ' +
      '--managed-settings before your arguments, if it is new enough (2.1.243) and gets no managed ' +
      'settings from you or an administrator.',
    'The exit code is that of claude, but never 0 if ccr had to end claude or its session was gone.',
    'The variables from which the config takes provider keys are hidden from claude, because only the ' +
      'session needs them. CCR_KEEP_KEYS=NAME,NAME (or *) keeps them visible.',
  ],
  examples: [
    'ccr code                                               interactive',
    'ccr code -p "Write a function to sort an array"        one answer on stdout',
    'ccr code --pref openrouter,openai/gpt-5                another model, its own session',
    'CCR_MODEL_PREFERENCE=openrouter,openai/gpt-5 ccr code  the same',
    'ccr code --pref fast -p "Explain this repository"      fast: a name from Preferences',
    'ccr code --continue --dangerously-skip-permissions     any option of claude',
  ],
  passThrough: true,
  run: code,
}

async function code(words: readonly string[], io: Io): Promise<number> {
  const { preference, argv } = takePreference(words)
  if (preference === undefined) return launch(argv, io)
  const env = { ...io.env, CCR_MODEL_PREFERENCE: preference }
  const ref = commandSession({ ...io, env })
  requirePreference(preference, sessionConfig(ref, env), `--pref ${preference}`)
  const ignored = (io.env['CCR_MODEL_PREFERENCE'] ?? '').trim()
  if (ignored !== '' && ignored !== preference) {
    const note = `using --pref ${preference}; CCR_MODEL_PREFERENCE=${ignored} is ignored`
    io.stderr.write(`ccr: ${visible(note)}\n`)
  }
  return launch(argv, { ...io, env })
}

/** Runs claude with these arguments in the session of the environment. */
async function launch(argv: readonly string[], io: Io): Promise<number> {
  const ref = commandSession(io)
  const written = sessionConfig(ref, io.env)
  const claude = findClaude(written.claudePath, io.env)
  const childEnv = withoutProviderKeys(io.env, written)
  const launched = { claude, argv, home: ref.home, env: childEnv }
  const obstacle = obstacleTo(launched)
  const charges = chargesOf(written, ref.home, Date.now())
  await renewKeys(ref, written, { io, asks: mayAsk(argv, io) })
  const started = await whileWaiting(io, WAITING, (waiting) =>
    acquireSession(ref, { env: io.env, ...waiting }),
  )
  const wanted = modelOf(argv, { ref, config: written })
  const config = await withReportedModels(written, started.lease, wanted)
  const duplicates = await duplicateSessions(ref, config)
  const named = modelOf(argv, { ref, config })
  const connection = launchOptions(ref, started.lease, withUsableWindows(config), named)
  const session = { ...connection, preference: ref.preference }
  const prices = sessionPrices(session, config, { charges: await charges, env: childEnv, named })
  const naming =
    (await obstacle) === null ? namingArguments(launched, session, config, prices) : UNNAMED
  const known = [
    ...started.notes,
    ...reportNotes(ref, config, named),
    ...duplicates.map(duplicateNote),
    ...(named?.notes ?? []),
    ...unlistedNotes(naming, argv),
    ...spendingLimitNotes(argv, prices, naming.words.length > 0),
  ]
  writeNotes(known, io)
  const options = { ...connection, discovery: naming.words.length === 0 }
  const notes = notesTo(io)
  // claude clears the terminal when it starts, so the notes are shown again after it has ended.
  if (notes.drawing) known.map(visible).forEach(notes.tell)
  const ending = clientEnding()
  const keepalive = keepSessionAlive(started.lease, {
    renew: (why) => reacquireSession(ref, why, io.env),
    rejoin: (signal) => acquireWhenStarted(ref, io.env, signal),
    notify: notes.tell,
    // On a terminal, claude stays open: the user may start the session again.
    onLost: (mayPrint) => {
      if (!notes.drawing) ending.onLost(mayPrint)
    },
    onBack: ending.onBack,
  })
  try {
    refuseConflictingSettings({
      claude,
      env: io.env,
      folder: process.cwd(),
      baseUrl: options.baseUrl,
    })
    const { nonInteractive } = config
    const more = nonInteractive ? NON_INTERACTIVE : {}
    const env = childEnvironment(childEnv, options, more)
    const input = nonInteractive ? 'closed' : 'own'
    const modelBefore = savedModel(childEnv)
    const run = { executable: claude, argv, env, input, signal: ending.signal } as const
    const code = await runNamed(run, naming.words, launched)
    const saved = savedModelNote(modelBefore, childEnv, config.providers)
    if (saved !== undefined) notes.tell(saved)
    const isLeft = notes.drawing ? keepalive.lost : ending.signal.aborted
    return isLeft && code === 0 ? 1 : code
  } finally {
    ending.close()
    keepalive.close()
    notes.flush()
  }
}

/** Runs claude with the arguments of ccr before those of the user, and without them if it turns out not to know them. */
async function runNamed(
  run: ChildRun,
  naming: readonly string[],
  launched: Parameters<typeof refusedOption>[0],
): Promise<number> {
  const startedAt = performance.now()
  const code = await runChild({ ...run, argv: [...naming, ...run.argv] })
  if (naming.length === 0) return code
  const end = { code, ms: performance.now() - startedAt }
  return (await refusedOption(launched, end)) ? runChild(run) : code
}

/** The model that claude is asked for by its arguments. */
function modelOf(argv: readonly string[], session: { ref: SessionRef; config: Config }) {
  const name = modelArgument(argv)
  if (name === undefined) return undefined
  const { ref, config } = session
  const usual = sessionRoute(sessionModelAlias(ref.id), ref.preference, config)?.choices[0] ?? null
  return resolveModelArgument(name, config, usual)
}

/** Whether the user can be asked: on a terminal, and not with `claude -p`. */
function mayAsk(argv: readonly string[], { stderr }: Io): boolean {
  return !isPrinting(argv) && process.stdin.isTTY && stderr.isTTY === true
}

interface Notes {
  /** Whether claude draws on a terminal. */
  readonly drawing: boolean
  readonly tell: (note: string) => void
  readonly flush: () => void
}

/** Writes notes to stderr, immediately or, while claude draws on the terminal, after it has ended. */
function notesTo({ stdout, stderr }: Io): Notes {
  const drawing = stdout.isTTY === true && process.stdin.isTTY
  const waiting: string[] = []
  const show = (note: string): void => void stderr.write(`ccr: ${note}\n`)
  return {
    drawing,
    tell: (note) => {
      if (drawing) waiting.push(note)
      else show(note)
    },
    flush: () => waiting.splice(0).forEach(show),
  }
}
