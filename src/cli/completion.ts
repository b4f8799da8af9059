import { actionOf, atMost, parseArguments } from './arguments.ts'
import type { Command, CommandTable, Options } from './command.ts'
import { bashScript } from './completion/bash.ts'
import { fishScript } from './completion/fish.ts'
import type { Completed } from './completion/table.ts'
import { zshScript } from './completion/zsh.ts'

const OPTIONS = {} as const satisfies Options

const SCRIPTS: Readonly<Record<string, (commands: readonly Completed[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

/** The command that completes the others; `commands` is the table that it is in itself. */
export function completionOf(commands: CommandTable): { readonly command: Command } {
  const command: Command = {
    name: 'completion',
    summary: 'print a script that completes commands, models and more in your shell',
    usage: 'ccr completion bash|zsh|fish',
    options: OPTIONS,
    words: Object.keys(SCRIPTS),
    details: [
      'Put the line of your shell into its start file. It completes commands and options; preferences ' +
        '(names, configured models, sessions that run) behind code --pref, use, compare -m and others; ' +
        'scenarios, providers, and the runs of compare. For these it asks ccr, which reads the config ' +
        'and starts nothing.',
    ],
    examples: [
      'source <(ccr completion bash)     in ~/.bashrc',
      'source <(ccr completion zsh)      in ~/.zshrc, after compinit',
      'ccr completion fish | source      in ~/.config/fish/config.fish',
    ],
    async run(argv, { stdout }) {
      const { words } = await parseArguments('completion', argv, OPTIONS)
      const script = actionOf('completion', words[0], SCRIPTS)
      atMost('completion', words, 1)
      const loaded = await Promise.all(Object.values(commands).map((load) => load()))
      stdout.write(script(loaded.map((module) => completed(module.command))))
      return 0
    },
  }
  return { command }
}

/** Every command takes --help, but for one that hands its arguments on. */
function completed(command: Command): Completed {
  const { name, summary, options = {}, words = [], completes = {}, passThrough = false } = command
  const own = Object.entries(options).map(([option, spec]) => ({
    name: option,
    short: spec.short,
    summary: spec.summary,
    value: spec.type === 'string' ? (spec.value ?? 'VALUE') : undefined,
    completes: spec.completes,
  }))
  const text = 'the help of this command'
  const help = {
    name: 'help',
    short: undefined,
    summary: text,
    value: undefined,
    completes: undefined,
  }
  const all = passThrough ? own : [...own, help]
  return { name, summary, words, completes, passThrough, options: all }
}
