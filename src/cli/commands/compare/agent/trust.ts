/** What of a repository the client may obey. Its hooks, servers and settings are programs of others. */
import { spawn } from 'node:child_process'
import { UserError } from '../../../../lib/user-error.ts'
import type { Executable } from '../../../claude/find.ts'

/** How the client is started. */
export interface Trust {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/**
 * Nothing of a project's `.claude/settings.json` and `.mcp.json` counts: no hook, server, variable,
 * permission or helper for keys. CLAUDE.md is text and stays: the option and the variable bring it
 * back, which goes with the settings. Observed with Claude Code 2.1.330.
 */
export const UNTRUSTED: Trust = {
  argv: ['--setting-sources', 'user', '--strict-mcp-config', '--add-dir', '.'],
  env: { CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD: '1' },
}

/** The repository is the user's own, or he has read it. */
export const TRUSTED: Trust = { argv: [], env: {} }

const NEEDED = ['--setting-sources', '--strict-mcp-config']
const LIMIT_MS = 30_000
const LONGEST = 200_000

/**
 * How to start the client in a repository.
 * @throws UserError for a client that would obey the repository, unless the user trusts that.
 */
export async function trustFor(
  claude: Executable,
  trusted: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Trust> {
  if (trusted) return TRUSTED
  const help = await helpOf(claude, env)
  const missing = NEEDED.filter((option) => !help.includes(option))
  if (missing.length === 0) return UNTRUSTED
  throw new UserError(
    `this version of claude lacks ${missing.join(' and ')}: it would run the hooks and MCP servers of the repository, with its settings.`,
    'Update it (npm install -g @anthropic-ai/claude-code). If you trust the repository: --trust',
  )
}

/** What `claude --help` prints; '' when it cannot be started. */
function helpOf(
  { file, args }: Executable,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(file, [...args, '--help'], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
      timeout: LIMIT_MS,
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      if (text.length < LONGEST) text += part
    })
    child.once('error', () => resolve(''))
    child.once('close', () => resolve(text))
  })
}
