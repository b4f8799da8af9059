/** The notice on stderr while a command waits for a daemon that does not answer. */
import { COMMAND_LIMIT_MS } from '../../session/peer.ts'
import type { OnSilence, Silence } from '../../session/probe.ts'
import type { Io } from '../command.ts'
import { control } from '../terminal/safe-output.ts'
import { preferenceText } from './session-text.ts'
import { commandLine } from '../../lib/command-line.ts'

export interface WaitHooks {
  readonly onSilence: OnSilence
  readonly onWait: (why: string) => void
}

/** For commands that need the session. */
export const WAITING = `waiting up to ${String(COMMAND_LIMIT_MS / 1000)} s for it`
/** For commands that only show sessions. */
export const WITHOUT_ANSWER = 'continuing without its answer'
/** For commands that end the session by force. */
export const ENDING = 'ending it'

const EVERY_MS = 1_000

/**
 * Runs `work`, which reports what it waits for. Each session is mentioned once, on one line. On a
 * terminal, a line below counts the seconds until `work` is done.
 * @param doing what the command does about it, such as `waiting up to 15 s for it`.
 */
export async function whileWaiting<T>(
  { stderr }: Pick<Io, 'stderr'>,
  doing: string,
  work: (waiting: WaitHooks) => Promise<T>,
): Promise<T> {
  const written = new Set<string>()
  const since = performance.now()
  let timer: NodeJS.Timeout | undefined
  const clear = (): void => {
    if (timer !== undefined) stderr.write(control(stderr, '\u001b[1K\u001b[1G'))
  }
  const count = (): void => {
    clear()
    stderr.write(`ccr: ${String(Math.round((performance.now() - since) / 1000))} s`)
  }
  const say = (line: string): void => {
    if (written.has(line)) return
    written.add(line)
    clear()
    stderr.write(`ccr: ${line}\n`)
    if (stderr.isTTY === true) timer ??= setInterval(count, EVERY_MS)
  }
  try {
    return await work({
      onSilence: (silence) => say(silenceText(silence, doing)),
      onWait: (why) => say(`waiting: ${why}`),
    })
  } finally {
    clearInterval(timer)
    clear()
  }
}

function silenceText({ ref, pid }: Silence, doing: string): string {
  const name = `session ${ref.id} (${preferenceText(ref.preference)})`
  const cure = doing === ENDING ? '' : ` To end it: ${commandLine(ref, 'stop --force')}`
  return `${name} does not answer (pid ${String(pid)}): ${doing}.${cure}`
}
