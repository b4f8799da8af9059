/**
 * A stand-in for the headless client: the task that comes on its standard input is JavaScript, which
 * it runs in its working directory; then it reports as `--output-format stream-json` does. Written
 * by hand after what Claude Code 2.1.330 prints.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const SCRIPT = `#!${process.execPath}
const fs = require('node:fs')
const { execFileSync } = require('node:child_process')
const git = (...args) => execFileSync('git', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString()
const model = process.env.ANTHROPIC_CUSTOM_MODEL_OPTION_NAME
const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n')
const usage = { input_tokens: 1000, output_tokens: 10, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 }
const hang = () => { say({ type: 'ready' }); return new Promise(() => setInterval(() => undefined, 1000)) }
const turn = (block) => {
  say({ type: 'stream_event', event: { type: 'message_start', message: { model, usage: { ...usage, input_tokens: 7 } } } })
  say({ type: 'assistant', message: { content: [block] } })
  say({ type: 'stream_event', event: { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage } })
}
if (process.argv.includes('--help')) {
  process.stdout.write(process.env.FAKE_HELP ?? 'Options: --setting-sources <sources> --strict-mcp-config')
  process.exit(0)
}
const task = fs.readFileSync(0, 'utf8')
fs.appendFileSync(process.env.FAKE_SEEN, JSON.stringify({ pid: process.pid, argv: process.argv.slice(2), model, cwd: process.cwd(), git: process.env.GIT_DIR ?? null, env: process.env }) + '\\n')
turn({ type: 'tool_use', name: 'Write', input: { file_path: 'a file' } })
;(async () => {
  let result = 'done by ' + model
  let failed = false
  try { result = (await eval('(async () => {' + task + '})()')) ?? result } catch (error) { result = String(error); failed = true }
  turn({ type: 'text', text: result })
  say({
    type: 'result', subtype: 'success', is_error: failed, result, num_turns: 2, permission_denials: [],
    modelUsage: { x: { inputTokens: 2000, outputTokens: 20, cacheReadInputTokens: 0, cacheCreationInputTokens: 0 } },
  })
  process.exit(failed ? 1 : 0)
})()
`

/** Writes it as `claude` into `folder`; gives the variables that have ccr use it. */
export async function fakeAgent(
  folder: string,
): Promise<{ readonly CLAUDE_PATH: string; readonly FAKE_SEEN: string }> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'claude')
  await writeFile(file, SCRIPT)
  await chmod(file, 0o755)
  return { CLAUDE_PATH: file, FAKE_SEEN: join(folder, 'seen.jsonl') }
}
