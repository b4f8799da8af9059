/**
 * A program in a pseudo-terminal, seen as a person sees it: `script` (Debian's bsdutils, which
 * every Debian machine has) makes the terminal, @xterm/headless keeps its screen.
 */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'

const COLUMNS = 120
const ROWS = 40

/** What is used of @xterm/headless, which only this folder's package has. */
interface Screen {
  readonly buffer: {
    readonly active: {
      readonly length: number
      getLine(n: number): { translateToString(trim: boolean): string } | undefined
    }
  }
  write(data: Uint8Array, done: () => void): void
  onData(listener: (reply: string) => void): unknown
}

export interface TerminalProgram {
  /** What stands on the screen now, the scrolled-off lines included. */
  screen(): string
  /** The screen as soon as it shows this. Rejects, with the screen, when the program ends first. */
  until(pattern: RegExp): Promise<string>
  type(keys: string): void
  /** The exit code. */
  readonly ended: Promise<number | null>
  kill(): void
}

export function inTerminal(
  command: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): TerminalProgram {
  const { Terminal } = createRequire(import.meta.url)('@xterm/headless') as {
    Terminal: new (options: object) => Screen
  }
  const terminal = new Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true })
  const line = `stty cols ${String(COLUMNS)} rows ${String(ROWS)}; exec ${command.map(quoted).join(' ')}`
  const child = spawn('script', ['-qefc', line, '/dev/null'], options)
  terminal.onData((reply) => child.stdin.write(reply))
  const watchers = new Set<() => void>()
  const screen = (): string => {
    const { active } = terminal.buffer
    return Array.from({ length: active.length }, (_, n) => active.getLine(n))
      .map((row) => row?.translateToString(true) ?? '')
      .join('\n')
      .replaceAll('\u00a0', ' ')
      .trim()
  }
  child.stdout.on('data', (part: Buffer) =>
    terminal.write(part, () => {
      for (const look of watchers) look()
    }),
  )
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => resolve(code))
  })
  const until = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!pattern.test(screen())) return
        watchers.delete(look)
        resolve(screen())
      }
      watchers.add(look)
      look()
      void ended.then(() => reject(new Error(`ended without ${String(pattern)}:\n${screen()}`)))
    })
  return {
    screen,
    until,
    type: (keys) => child.stdin.write(keys),
    ended,
    kill: () => child.kill('SIGKILL'),
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
