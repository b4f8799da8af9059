import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The branch that a folder is on, or the beginning of its commit; '' outside of git. Runs nothing. */
export function gitBranch(folder: string): string {
  if (folder === '') return ''
  for (let at = resolve(folder); ; at = dirname(at)) {
    const head = read(join(at, '.git', 'HEAD')) ?? headOfWorktree(at)
    if (head !== undefined) return branch(head)
    if (dirname(at) === at) return ''
  }
}

/** In a worktree or submodule `.git` is a file that names the folder. */
function headOfWorktree(folder: string): string | undefined {
  const pointer = /^gitdir: (.+)$/m.exec(read(join(folder, '.git')) ?? '')?.[1]
  return pointer === undefined ? undefined : read(join(resolve(folder, pointer.trim()), 'HEAD'))
}

function branch(head: string): string {
  return /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1]?.trim() ?? head.trim().slice(0, 7)
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
