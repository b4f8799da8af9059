/** The git branch, for the status line. */
/** The git branch, for the status line. */
import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The branch of a folder, or the start of its commit id; '' outside git. Does not run git. */
export function gitBranch(folder: string): string {
  if (folder === '') return ''
  for (let at = resolve(folder); ; at = dirname(at)) {
    const head = read(join(at, '.git', 'HEAD')) ?? headOfWorktree(at)
    if (head !== undefined) return branch(head)
    if (dirname(at) === at) return ''
  }
}

/** In a worktree or submodule, `.git` is a file with the path of the folder. */
function headOfWorktree(folder: string): string | undefined {
  const pointer = /^gitdir: (.+)$/m.exec(read(join(folder, '.git')) ?? '')?.[1]
  // A UNC path would contact another machine with the user's credentials.
  if (pointer === undefined || /^\s*[\\/]{2}/.test(pointer)) return undefined
  return read(join(resolve(folder, pointer.trim()), 'HEAD'))
}

function branch(head: string): string {
  return /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1]?.trim() ?? head.trim().slice(0, 7)
}

/** Largest file that is read, in bytes. Reading is limited to regular files: a pipe would never end. */
const LARGEST = 4096

function read(file: string): string | undefined {
  try {
    const stats = statSync(file)
    if (!stats.isFile() || stats.size > LARGEST) return undefined
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
