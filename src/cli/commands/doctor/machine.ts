/** Checks of Node and claude. */
/** Checks of Node and claude. */
import { execFile } from 'node:child_process'
import { UserError } from '../../../lib/user-error.ts'
import { type Executable, findClaude } from '../../claude/find.ts'
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
    if (version !== undefined) return claude('ok', `claude ${version} (${path})`)
    return claude('broken', `${path} --version fails`, 'Run it yourself to see the error.')
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown
    return claude('broken', thrown.message, thrown.hint)
  }
}

/** The first word of `--version`; undefined if it fails. */
function versionOf({ file, args }: Executable, env: Io['env']): Promise<string | undefined> {
  const options = { env: { ...env }, timeout: CLAUDE_LIMIT_MS, windowsHide: true }
  return new Promise((resolve) => {
    execFile(file, [...args, '--version'], options, (error, stdout) => {
      resolve(error === null ? stdout.trim().split(/\s+/)[0] : undefined)
    })
  })
}
