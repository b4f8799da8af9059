import type { Completed, CompletedOption } from './table.ts'
import { quoted, WORDS } from './table.ts'

/** What ccr says of models and the like is data: compadd takes it as text and quotes it itself. */
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
_ccr_values() {
  local -a found
  found=("\${(@f)$(command ccr __complete "$1" "" "\${(Q)opt_args[--config]}" 2>/dev/null </dev/null)}")
  [[ $1 == preferences ]] && found+=("\${(@f)$(command ccr __complete "$1" "\${(Q)PREFIX}" "\${(Q)opt_args[--config]}" 2>/dev/null </dev/null)}")
  found=("\${(@)found:#}")
  compadd -a found
}
_ccr_place() {
  case "$words[1] $words[2] $1" in
${commands.map(places).join('')}    *) _default ;;
  esac
}
compdef _ccr ccr
`
}

function branch(command: Completed): string {
  const { name, words, options, passThrough, completes } = command
  if (passThrough) return passed(command)
  const first = words.length === 0 ? [] : [quoted(`1:word:(${words.join(' ')})`)]
  const alone = (completes[''] ?? []).map((kind, n) =>
    quoted(`${n + 1}:${kind}: _ccr_values ${kind}`),
  )
  const most = Math.max(
    0,
    ...Object.entries(completes).map(([word, kinds]) => (word === '' ? 0 : kinds.length)),
  )
  const later = Array.from({ length: most }, (_, n) => quoted(`${n + 2}: : _ccr_place ${n + 2}`))
  const specs = [
    ...first,
    ...alone,
    ...later,
    ...options.map(option),
    quoted('*::argument:_default'),
  ]
  return `        ${name}) _arguments ${specs.join(' ')} ;;\n`
}

/** An option in first place, and its value; all else is somebody else's. */
function passed({ name, options }: Completed): string {
  const [known] = options.filter(({ completes }) => completes !== undefined)
  const other = `_arguments ${quoted('*::argument:_default')}`
  if (known?.completes === undefined) return `        ${name}) ${other} ;;\n`
  return (
    `        ${name}) if (( CURRENT == 2 )) && [[ $PREFIX == -* ]]; then compadd -- --${known.name}; ` +
    `elif (( CURRENT == 3 )) && [[ $words[2] == --${known.name} ]]; then _ccr_values ${known.completes}; ` +
    `else ${other}; fi ;;\n`
  )
}

function places({ name, completes }: Completed): string {
  return Object.entries(completes)
    .filter(([word]) => word !== '')
    .flatMap(([word, kinds]) =>
      kinds.map((kind, n) => `    ${quoted(`${name} ${word} ${n + 2}`)}) _ccr_values ${kind} ;;\n`),
    )
    .join('')
}

function option({ name, short, summary, value, completes }: CompletedOption): string {
  const text = summary.replace(/[[\]:\\]/g, '\\$&')
  const action =
    completes === undefined ? (value === 'FILE' ? '_files' : '') : ` _ccr_values ${completes}`
  const argument = value === undefined ? '' : `:${value}:${action}`
  const spec = `[${text}]${argument}`
  const both = short === undefined ? [] : [quoted(`*-${short}${spec}`)]
  return [...both, quoted(`${short === undefined ? '' : '*'}--${name}${spec}`)].join(' ')
}
