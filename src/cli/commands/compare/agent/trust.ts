/** Decides which settings of a repository the client may use: its hooks and servers are untrusted programs. */
import { spawn } from 'node:child_process'
import { UserError } from '../../../../lib/user-error.ts'
import type { Executable } from '../../../claude/find.ts'

/** Arguments and variables that start the client. */
export interface Trust {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/**
 * Ignores a project's `.claude/settings.json` and `.mcp.json`: hooks, servers, variables, permissions and
 * key helpers. CLAUDE.md is only text; it would be ignored with the settings, and the option and the
 * variable re-enable it. Observed with Claude Code 2.1.330.
 */
export const UNTRUSTED: Trust = {
  argv: ['--setting-sources', 'user', '--strict-mcp-config', '--add-dir', '.'],
  env: { CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD: '1' },
}

/** The user trusts the repository. */
export const TRUSTED: Trust = { argv: [], env: {} }

const NEEDED = ['--setting-sources', '--strict-mcp-config']
const LIMIT_MS = 30_000
const LONGEST = 200_000

/**
 * How to start the client in a repository.
 * @throws UserError if the client would use the settings of the repository and the user does not trust it.
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
    `this version of claude does not have ${missing.join(' and ')}: it would use the settings, hooks and MCP servers of the repository.`,
    'Update it (npm install -g @anthropic-ai/claude-code), or use --trust if you trust the repository.',
  )
}

/** The output of `claude --help`; '' if it cannot be started. */
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
