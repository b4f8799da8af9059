/** Where the real client is that `npm run test:e2e` installs. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The native program of the client for this machine, installed in `folder` (the pinned one by
 * default); undefined when it is not installed.
 */
export function installedClient(folder: string = import.meta.dirname): string | undefined {
  const scope = join(folder, 'node_modules', '@anthropic-ai')
  if (!existsSync(scope)) return undefined
  const platform = `claude-code-${process.platform}-${process.arch}`
  const program = process.platform === 'win32' ? 'claude.exe' : 'claude'
  return readdirSync(scope)
    .filter((name) => name === platform || name === `${platform}-musl`)
    .map((name) => join(scope, name, program))
    .find((file) => existsSync(file))
}
