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
    summary: 'print a script that completes commands and options in your shell',
    usage: 'ccr completion bash|zsh|fish',
    options: OPTIONS,
    words: Object.keys(SCRIPTS),
    details: ['Put the line of your shell into its start file.'],
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

/** Every command takes --help; one that hands its arguments on has nothing of its own. */
function completed({ name, summary, options = {}, words = [], passThrough }: Command): Completed {
  const own = Object.entries(options).map(([option, spec]) => ({
    name: option,
    summary: spec.summary,
    value: spec.type === 'string' ? (spec.value ?? 'VALUE') : undefined,
  }))
  const help = { name: 'help', summary: 'the help of this command', value: undefined }
  return { name, summary, words, options: passThrough === true ? [] : [...own, help] }
}
