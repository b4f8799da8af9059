/** Claude Code Router v1 to v3, whose place ccr takes: its port, its home folder, its name. */
import { join } from 'node:path'
import { readText } from '../lib/files.ts'
import { commandOf, type System } from '../lib/process.ts'

/** How the package of versions 1 to 3 is called, and its program. */
const OLD_ROUTER = /claude-code-router|\bccr\b/

/**
 * Whether a process that the kernel says is on the port is the router of versions 1 to 3. The pid
 * in its file alone is no proof: it may have gone to another process since.
 */
export function isOldRouter(pid: number, home: string, system?: System): boolean {
  const noted = readText(join(home, '.claude-code-router.pid'))?.trim()
  return noted === String(pid) && OLD_ROUTER.test(commandOf(pid, system) ?? '')
}

/** How to make room. */
export function oldRouterCure(pid: number): string {
  return (
    `Stop the old Claude Code Router, for ccr takes its place: kill ${pid}\n` +
    'For good: npm uninstall -g @musistudio/claude-code-router'
  )
}
