/** Asks a session one question: through Claude Code, or by a plain Messages request. */
import { spawn } from 'node:child_process'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { sseFrames } from '../framing/sse.ts'
import { UserError } from '../lib/user-error.ts'

export interface Question {
  readonly prompt: string
  /** Takes the answer piece by piece. */
  readonly answer: (text: string) => void
  /** Aborted when nobody wants the answer any more. */
  readonly signal: AbortSignal
}

export interface CodeCall {
  /** The program of ccr, as in `node SCRIPT code -p PROMPT`. */
  readonly script: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** `ccr code -p PROMPT`, as a user would type it. Throws UserError when it fails. */
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
  let said = ''
  child.stdout.setEncoding('utf8').on('data', answer)
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  signal.removeEventListener('abort', stop)
  if (code === 0) return
  throw new UserError(`claude ended with ${code ?? 'a signal'}.`, said.trim())
}

export interface Endpoint {
  readonly baseUrl: string
  readonly token: string
  readonly model: string
}

/** A streaming Messages request. Throws UserError when there is no whole answer. */
export async function askMessages(endpoint: Endpoint, question: Question): Promise<void> {
  const response = await post(endpoint, question)
  if (response.statusCode !== 200) {
    const text = (await response.setEncoding('utf8').toArray()).join('')
    throw new UserError(`the session answered ${response.statusCode ?? 'nothing'}.`, text)
  }
  let complete = false
  for await (const frames of sseFrames(response as AsyncIterable<Uint8Array>)) {
    for (const { data } of frames) {
      const event = JSON.parse(data) as StreamEvent
      if (event.type === 'content_block_delta') question.answer(event.delta?.text ?? '')
      if (event.type === 'error') throw new UserError('the answer broke off.', data)
      if (event.type === 'message_stop') complete = true
    }
  }
  if (!complete) throw new UserError('the answer broke off.', 'See the log of the session.')
}

interface StreamEvent {
  readonly type: string
  readonly delta?: { readonly text?: string }
}

function post(endpoint: Endpoint, { prompt, signal }: Question): Promise<IncomingMessage> {
  const { baseUrl, token, model } = endpoint
  return new Promise((resolve, reject) => {
    const sent = request(`${baseUrl}/v1/messages`, {
      method: 'POST',
      signal,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'anthropic-version': '2023-06-01',
      },
    })
    sent.once('response', resolve)
    sent.once('error', reject)
    const messages = [{ role: 'user', content: prompt }]
    sent.end(JSON.stringify({ model, max_tokens: 1000, stream: true, messages }))
  })
}
