/** Checks for other programs called `ccr`, in particular Claude Code Router v1 to v3. */
import { readFileSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import type { Io } from '../../command.ts'
import { area, type Check } from './check.ts'

const OLD_PACKAGE = '@musistudio/claude-code-router'
const NAMES = process.platform === 'win32' ? ['ccr.cmd', 'ccr.exe', 'ccr'] : ['ccr']

const ccr = area('ccr')

/**
 * Finds other programs called `ccr` on PATH, and the old package installed beside this one.
 * @param program the path of the running program, as found by the shell.
 */
export function otherCcrChecks(env: Io['env'], program = process.argv[1] ?? ''): Check[] {
  const itself = real(program)
  if (itself === undefined) return []
  const found = onPath(env['PATH'] ?? env['Path'] ?? '')
  const first = found[0]
  const checks = found
    .filter(({ target }) => target !== itself)
    .map(({ file, target }) => {
      const name = packageOf(target)
      const what = `${file} is another ccr${name === undefined ? '' : `, from ${name}`}`
      return file === first?.file
        ? ccr('warning', `${what}, and shells run that one`, cure(name, file))
        : ccr('note', `${what}; shells run ${first?.file ?? ''}`, cure(name, file))
    })
  if (checks.length > 0) return checks
  const old = join(dirname(dirname(dirname(itself))), ...OLD_PACKAGE.split('/'))
  if (real(old) === undefined) return []
  return [ccr('note', `${OLD_PACKAGE} is installed beside this one, in ${old}`, cure(OLD_PACKAGE))]
}

function cure(name: string | undefined, file = ''): string {
  if (name === OLD_PACKAGE) {
    return `Run: npm uninstall -g ${OLD_PACKAGE} && npm install -g ccrouter`
  }
  return `Remove it, or put the folder of this ccr before ${dirname(file)} in PATH.`
}

interface CcrProgram {
  readonly file: string
  /** The file with links resolved. */
  readonly target: string
}

/** The programs called `ccr`, in the order of PATH, each once. */
function onPath(path: string): CcrProgram[] {
  const seen = new Set<string>()
  return path
    .split(delimiter)
    .filter(Boolean)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .flatMap((file) => {
      const target = real(file)
      if (target === undefined || seen.has(target)) return []
      seen.add(target)
      return [{ file, target }]
    })
}

/** The name of the npm package that a file belongs to. */
function packageOf(file: string): string | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const name = nameIn(join(folder, 'package.json'))
    if (name !== undefined) return name
  }
  return undefined
}

function nameIn(manifest: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown }
    return typeof name === 'string' ? name : undefined
  } catch {
    return undefined
  }
}

function real(path: string): string | undefined {
  try {
    return path === '' ? undefined : realpathSync(path)
  } catch {
    return undefined
  }
}
