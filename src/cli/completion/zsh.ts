import type { Completed, CompletedOption } from './table.ts'
import { quoted, WORDS } from './table.ts'

export function zshScript(commands: readonly Completed[]): string {
  const described = [...commands.map(({ name, summary }) => [name, summary] as const), ...WORDS]
  return `#compdef ccr
# Completion of ccr for zsh: source <(ccr completion zsh), after compinit
_ccr() {
  local curcontext="$curcontext" state line
  local -a commands
  commands=(
${described.map(([name, summary]) => `    ${quoted(`${name}:${summary}`)}\n`).join('')}  )
  _arguments -C '--config[use this config file]:file:_files' '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
        help) _describe command commands ;;
${commands.map(branch).join('')}      esac ;;
  esac
}
compdef _ccr ccr
`
}

function branch({ name, words, options }: Completed): string {
  const first = words.length === 0 ? [] : [quoted(`1:word:(${words.join(' ')})`)]
  const specs = [...first, ...options.map(option), quoted('*::argument:_default')]
  return `        ${name}) _arguments ${specs.join(' ')} ;;\n`
}

function option({ name, summary, value }: CompletedOption): string {
  const text = summary.replace(/[[\]:\\]/g, '\\$&')
  const argument = value === undefined ? '' : `:${value}:${value === 'FILE' ? '_files' : ''}`
  return quoted(`--${name}[${text}]${argument}`)
}
