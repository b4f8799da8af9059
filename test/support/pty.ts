/** Runs a program in a pseudo-terminal with `script` (util-linux), and shows its output at once. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface PtyProgram {
  /** All that was written until this is in it, since the last such wait. Rejects when it ends first. */
  readonly until: (pattern: RegExp) => Promise<string>
  readonly type: (keys: string) => void
  /** The exit code. */
  readonly ended: Promise<number | null>
  kill(): void
  /** Sends a signal to the program itself, not to the terminal. */
  signal(name: NodeJS.Signals): void
}

export function inPty(
  command: readonly string[],
  options: {
    readonly cwd: string
    readonly env: NodeJS.ProcessEnv
    /** Width of the terminal; 100 when absent. */
    readonly columns?: number
  },
): PtyProgram {
  const line = `stty cols ${String(options.columns ?? 100)} rows 30; exec ${command.map(quoted).join(' ')}`
  const child = spawn('/usr/bin/script', ['-qefc', line, '/dev/null'], options)
  let unread = ''
  const watchers = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    unread += part
    for (const look of watchers) look()
  })
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => resolve(code))
  })
  return {
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(unread)
          if (found === null) return
          watchers.delete(look)
          const end = found.index + found[0].length
          resolve(unread.slice(0, end))
          unread = unread.slice(end)
        }
        watchers.add(look)
        look()
        void ended.then(() => reject(new Error(`ended without ${String(pattern)}:\n${unread}`)))
      }),
    type: (keys) => child.stdin.write(keys),
    ended,
    kill: () => child.kill('SIGKILL'),
    signal: (name) => {
      const pid = String(child.pid)
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      process.kill(Number(children.trim().split(' ')[0]), name)
    },
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
