/** Which processes have a command line of some form; see process.ts for what is known of one. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export interface ListedProcess {
  readonly pid: number
  /** Its arguments, joined by spaces; the title where it gave itself one. */
  readonly commandLine: string
  /** A variable of its environment; undefined where it has none or the platform does not tell. */
  variable(name: string): string | undefined
}

/** The processes whose command line fits; none where nobody can look. */
export function processesLike(pattern: RegExp): ListedProcess[] {
  try {
    const all = process.platform === 'linux' ? fromProc() : fromPs()
    return all.filter(({ commandLine }) => pattern.test(commandLine))
  } catch {
    return []
  }
}

function fromProc(): ListedProcess[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  return pids.map((pid) => ({
    pid: Number(pid),
    commandLine: procText(pid, 'cmdline').replaceAll('\0', ' ').trimEnd(),
    variable: (name) =>
      procText(pid, 'environ')
        .split('\0')
        .find((line) => line.startsWith(`${name}=`))
        ?.slice(name.length + 1),
  }))
}

/** '' for a process that went, or that belongs to another user. */
function procText(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

function fromPs(): ListedProcess[] {
  if (process.platform === 'win32') return []
  const listing = execFileSync('ps', ['-xwwo', 'pid=,args='], { encoding: 'utf8', timeout: 5_000 })
  return listing.split('\n').flatMap((line) => {
    const [, pid, commandLine] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? []
    if (pid === undefined || commandLine === undefined) return []
    return [{ pid: Number(pid), commandLine, variable: () => undefined }]
  })
}
