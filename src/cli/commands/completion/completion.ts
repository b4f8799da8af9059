/** `ccr completion`. */
/** `ccr completion`. */
import { actionOf, atMost, parseArguments } from '../../arguments.ts'
import type { Command, Options } from '../../command.ts'
import { BASH_SCRIPT } from './bash.ts'
import { FISH_SCRIPT } from './fish.ts'
import { POWERSHELL_SCRIPT } from './powershell.ts'
import { ZSH_SCRIPT } from './zsh.ts'

const OPTIONS = {} as const satisfies Options

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: BASH_SCRIPT,
  zsh: ZSH_SCRIPT,
  fish: FISH_SCRIPT,
  powershell: POWERSHELL_SCRIPT,
}

export const command: Command = {
  name: 'completion',
  summary: 'print a completion script for your shell',
  usage: 'ccr completion bash|zsh|fish|powershell',
  options: OPTIONS,
  words: Object.keys(SCRIPTS),
  details: [
    'Add the line for your shell to its start file. It completes commands, options and their values; ' +
      'preferences (names, configured models, running sessions) after code --pref, use, compare -m, ' +
      'model set and others; scenarios, providers, runs of compare and the letters of their models. ' +
      'The script calls ccr, which only reads your files and starts no session.',
  ],
  examples: [
    'source <(ccr completion bash)     in ~/.bashrc',
    'source <(ccr completion zsh)      in ~/.zshrc, after compinit if it is called there',
    'ccr completion fish | source      in ~/.config/fish/config.fish',
    'ccr completion powershell | Out-String | Invoke-Expression   in $PROFILE',
  ],
  async run(argv, { stdout }) {
    const { words } = await parseArguments('completion', argv, OPTIONS)
    const script = actionOf('completion', words[0], SCRIPTS)
    atMost('completion', words, 1)
    stdout.write(script)
    return 0
  },
}
