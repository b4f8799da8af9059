/** Sends a prompt to a session: through Claude Code, or as a plain Messages request. */
import { spawn } from 'node:child_process'
import { UserError } from '../../../lib/user-error.ts'
import type { PeerAddress } from '../../../session/peer.ts'
import { openMessages } from '../../client/messages.ts'

export interface Question {
  readonly prompt: string
  /** Receives the answer piece by piece. */
  readonly answer: (text: string) => void
  /** Aborted if the answer is no longer needed. */
  readonly signal: AbortSignal
}

export interface CodeCall {
  /** The script of ccr, as in `node SCRIPT code -p PROMPT`. */
  readonly script: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** Runs `ccr code -p PROMPT`. Throws UserError if it fails. */
export async function askClaude(call: CodeCall, question: Question): Promise<void> {
  const { signal, prompt, answer } = question
  const child = spawn(process.execPath, [call.script, 'code', '-p', prompt], {
    cwd: call.cwd,
    env: call.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', answer)
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  signal.removeEventListener('abort', stop)
  if (code === 0) return
  throw new UserError(`claude ended with ${code ?? 'a signal'}.`, stderr.trim())
}

/** Sends a streaming Messages request. Throws UserError if the answer is not complete. */
export async function askMessages(
  session: PeerAddress & { readonly model: string },
  { prompt, signal, answer }: Question,
): Promise<void> {
  const messages = [{ role: 'user', content: prompt }]
  const { model } = session
  const { events } = await openMessages(session, { model, max_tokens: 1000, messages }, { signal })
  for await (const event of events) {
    if (event.type !== 'content_block_delta') continue
    answer((event as { delta?: { text?: string } }).delta?.text ?? '')
  }
}
