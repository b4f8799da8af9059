/** Checks of Node and claude. */
/** Checks of Node and claude. */
import { UserError } from '../../../lib/user-error.ts'
import { type Executable, findClaude } from '../../claude/find.ts'
import { askVersion, isAtLeast } from '../../claude/client-version.ts'
import { LEAST_VERSION } from '../../claude/native-names.ts'
import type { Io } from '../../command.ts'
import { area, type Check } from './check.ts'

/** The same versions as in `engines` of package.json. */
const WANTED = '20.19, or 22.2 or newer'
const CLAUDE_LIMIT_MS = 15_000

export function nodeCheck(version = process.versions.node): Check {
  const node = area('node')
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const supported = major > 22 || (major === 22 && minor >= 2) || (major === 20 && minor >= 19)
  if (supported) return node('ok', `Node ${version}`)
  return node('broken', `Node ${version} is too old`, `ccr needs Node ${WANTED}.`)
}

/** Checks that claude is installed, and its version. */
export async function claudeCheck(configured: string, env: Io['env']): Promise<Check> {
  const claude = area('claude')
  try {
    const found = findClaude(configured, env)
    const version = await versionOf(found, env)
    const path = [found.file, ...found.args].join(' ')
    if (version !== undefined) {
      const text = `claude ${version} (${path})`
      if (isAtLeast(version, LEAST_VERSION)) return claude('ok', text)
      const old = `${text}: too old to be given the names of the models by ccr code; /model shows them as "From gateway"`
      return claude('note', old, `Claude Code ${LEAST_VERSION} or newer takes them: claude update`)
    }
    return claude('broken', `${path} --version fails`, 'Run it yourself to see the error.')
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown
    return claude('broken', thrown.message, thrown.hint)
  }
}

/** The first word of `--version`; undefined if it fails. */
async function versionOf(claude: Executable, env: Io['env']): Promise<string | undefined> {
  const text = await askVersion(claude, env, CLAUDE_LIMIT_MS)
  return text?.trim().split(/\s+/)[0]
}
