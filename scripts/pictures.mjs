/**
 * `npm run pictures` draws docs/pictures/*.svg for README.md from real runs of the built program:
 * two sessions of the built-in demo provider with Claude Code beside each other, and the table of
 * `ccr compare`. Needs `script` (util-linux) and the client that `npm run test:e2e` installs into
 * test/e2e. Everything happens in a temporary home; ports, pids and times are those of the run.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installedClient } from '../test/e2e/client.ts'
import { inTerminal } from './pictures/screen.mjs'
import { svg } from './pictures/svg.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PICTURES = join(ROOT, 'docs/pictures')
const PROMPT = 'Who are you, and what did I write?'

const claude = installedClient()
if (!claude) throw new Error('Claude Code is not in test/e2e: npm ci --prefix test/e2e')

const home = await mkdtemp(join(tmpdir(), 'ccr-pictures-'))
const work = join(home, 'my-project')
try {
  await furnish()
  await mkdir(PICTURES, { recursive: true })
  await writeFile(join(PICTURES, 'sessions.svg'), await sessions())
  await writeFile(join(PICTURES, 'compare.svg'), await compare())
} finally {
  await shown('ccr stop --all', 80)
  await rm(home, { recursive: true, force: true, maxRetries: 5 })
}

/** A home in which `ccr` is on the path and Claude Code has been run before. */
async function furnish() {
  await mkdir(join(home, 'bin'))
  await mkdir(work)
  const bin = `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'dist/ccr.js')}' "$@"\n`
  await writeFile(join(home, 'bin/ccr'), bin, { mode: 0o755 })
  const state = {
    hasCompletedOnboarding: true,
    theme: 'dark',
    projects: { [work]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
  }
  await writeFile(join(home, '.claude.json'), JSON.stringify(state))
  await mkdir(join(home, '.claude'))
  const settings = { permissions: { defaultMode: 'default' } }
  await writeFile(join(home, '.claude/settings.json'), JSON.stringify(settings))
}

/** The environment of the programs: nothing of the user's but the path. */
function environment() {
  return {
    PATH: `${join(home, 'bin')}:${process.env.PATH}`,
    HOME: home,
    CCR_HOME: join(home, '.claude-code-router'),
    CLAUDE_PATH: claude,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    IS_SANDBOX: '1',
    SHELL: '/bin/sh',
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
  }
}

/** A command line in a terminal; its screen makes a window of a picture. */
function terminal(line, columns) {
  return inTerminal(line, { columns, rows: 23, cwd: work, env: environment() })
}

/** A command that has ended, as a window: what was typed, and what it printed. */
async function shown(line, columns) {
  const program = terminal(`printf '%s\\n' ${quoted(`$ ${line}`)}; ${line}`, columns)
  await program.end()
  return { title: 'my-project', columns, rows: program.screen() }
}

/** Claude Code in two sessions with the same prompt; below, `ccr sessions` and `ccr usage`. */
async function sessions() {
  const columns = 62
  const lines = ['a', 'b'].map((model) => `CCR_MODEL_PREFERENCE=demo,demo-${model} ccr code`)
  const programs = []
  for (const line of lines) {
    const program = terminal(line, columns)
    programs.push(program)
    await conversation(program)
  }
  const windows = programs.map((program, n) => ({
    title: `$ ${lines[n]}`,
    columns,
    rows: program.screen(),
  }))
  const below = [await shown('ccr sessions', columns), await shown('ccr usage', columns)]
  for (const program of programs) program.kill()
  const label = 'Claude Code in two terminals, each answered by another model, and ccr sessions'
  return svg(label, [windows, below])
}

async function conversation(program) {
  await program.until(/❯/)
  program.type(PROMPT)
  await program.until(/❯ Who are you, and/)
  program.type('\r')
  await program.until(/for \ds/)
  // Until the client's logo stands still and the daemon has stored the usage of the request.
  await new Promise((resolve) => setTimeout(resolve, 3000))
}

async function compare() {
  const columns = 104
  const models = ['demo-a', 'demo-b', 'demo-c'].map((model) => `-m demo,${model}`).join(' ')
  const window = await shown(`ccr compare ${models} "${PROMPT}"`, columns)
  return svg('ccr compare: the answers of three models side by side, with times and cost', [
    [window],
  ])
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`
}
