import type { Completed } from './table.ts'
import { WORDS } from './table.ts'

/** Needs nothing but bash itself (3.2 and newer). */
export function bashScript(commands: readonly Completed[]): string {
  const names = [...commands.map(({ name }) => name), ...WORDS.map(([name]) => name)]
  return `# Completion of ccr for bash: source <(ccr completion bash)
_ccr() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" at=1 list=""
  COMPREPLY=()
  [ "$before" = --config ] && { COMPREPLY=($(compgen -f -- "$word")); return; }
  [ "\${COMP_WORDS[1]}" = --config ] && at=3
  if [ "$COMP_CWORD" -eq "$at" ]; then
    list="${names.join(' ')} --config --help --version"
  else
    case "\${COMP_WORDS[$at]}" in
      help) [ "$COMP_CWORD" -eq $((at + 1)) ] && list="${names.join(' ')}" ;;
${commands.map(branch).join('')}    esac
  fi
  [ -n "$list" ] && COMPREPLY=($(compgen -W "$list" -- "$word"))
}
complete -o default -F _ccr ccr
`
}

function branch({ name, words, options }: Completed): string {
  const flags = options.map((option) => `--${option.name}`).join(' ')
  if (words.length === 0) return `      ${name}) list="${flags}" ;;\n`
  return (
    `      ${name}) list="${flags}"; ` +
    `[ "$COMP_CWORD" -eq $((at + 1)) ] && list="${words.join(' ')} $list" ;;\n`
  )
}
