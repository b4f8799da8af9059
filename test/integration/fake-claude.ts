/**
 * A stand-in for claude: a script that prints what it was given, waits, fails or asks its session,
 * as `FAKE` in the environment says. The launcher cannot tell it from the real one.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What `FAKE` unset or `FAKE=show` prints, as one line of JSON. */
export interface Shown {
  readonly argv: string[]
  readonly env: Record<string, string>
  readonly cwd: string
}

const SCRIPT = `#!${process.execPath}
const [mode, value] = (process.env.FAKE ?? 'show').split(':')
const say = (line) => process.stdout.write(line + '\\n')
const url = process.env.ANTHROPIC_BASE_URL + '/v1/messages'
const headers = { authorization: 'Bearer ' + process.env.ANTHROPIC_AUTH_TOKEN, 'content-type': 'application/json' }

async function ask(prompt) {
  const body = { model: process.env.ANTHROPIC_MODEL, max_tokens: 1000, messages: [{ role: 'user', content: prompt }] }
  for (;;) { // as claude does: while nobody listens, once more
    try {
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
      const answer = await response.json()
      return response.status + ' ' + (answer.content?.[0]?.text ?? answer.error?.message)
    } catch { if (value === 'once') return 'refused' }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

if (process.argv.slice(2).join() === '--version') { // without a version the launcher gives it no names
  say(process.env.FAKE_VERSION ?? '0.0.0 (a stand-in)')
  process.exit(0)
}
if (mode === 'show') say(JSON.stringify({ argv: process.argv.slice(2), env: process.env, cwd: process.cwd() }))
if (mode === 'exit') process.exit(Number(value))
if (mode === 'die') process.kill(process.pid, value)
if (mode === 'print') { // slow to print what it got, by so many ms
  const answer = await ask(process.argv.at(-1))
  if (Number(value) > 0) await new Promise((resolve) => setTimeout(resolve, Number(value)))
  say(answer)
}
if (mode === 'hang' || value === 'deaf') setInterval(() => undefined, 1000)
if (['die', 'wait', 'hang'].includes(mode)) {
  for (const signal of ['SIGTERM', 'SIGHUP']) {
    if (mode === 'wait') process.on(signal, () => { say(signal); process.exit(5) })
  }
  if (value === 'interrupted') process.on('SIGINT', () => { say('SIGINT'); setTimeout(() => process.exit(6), 200) })
  say('ready ' + process.pid)
  // deaf: the end of its input, which the death of the launcher brings too, says nothing to it
  if (mode !== 'hang' && value !== 'deaf') process.stdin.on('end', () => process.exit(0)).resume()
}
if (mode === 'ask') { // one question for each line on stdin
  say('ready ' + process.pid)
  for await (const line of (await import('node:readline')).createInterface({ input: process.stdin })) say(await ask(line))
}
`

/** Writes the script as `claude` into a new folder of `home`; gives that folder, for PATH. */
export async function fakeClaude(home: string): Promise<string> {
  const folder = join(home, 'fake bin')
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'claude')
  // A module without an extension would be read as CommonJS, which knows no top-level await.
  const body = SCRIPT.slice(SCRIPT.indexOf('\n') + 1)
  const head = SCRIPT.slice(0, SCRIPT.indexOf('\n') + 1)
  await writeFile(file, `${head}(async () => {\n${body}\n})()\n`)
  await chmod(file, 0o755)
  return folder
}
