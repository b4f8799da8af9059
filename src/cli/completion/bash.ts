import type { ValueKind } from '../command.ts'
import type { Completed, CompletedOption } from './table.ts'
import { WORDS } from './table.ts'

/**
 * Needs nothing but bash itself (3.2 and newer). What ccr says of models and the like is data: it is
 * read line by line, compared as text, and quoted (`%q`) before readline gets it.
 */
export function bashScript(commands: readonly Completed[]): string {
  const names = [...commands.map(({ name }) => name), ...WORDS.map(([name]) => name)]
  return `# Completion of ccr for bash: source <(ccr completion bash)
_ccr() {
  local IFS=$' \\t\\n' rest="$COMP_LINE" word cur before n at=1 list="" kind="" head="" config=""
  local -a words
  COMPREPLY=()
  # Readline ends words at : and = too; what no blank divides is one word.
  words=()
  for ((n = 0; n <= COMP_CWORD; n++)); do
    word="\${COMP_WORDS[n]}"
    if [ "$n" -gt 0 ] && [ -n "$COMP_LINE" ] && [[ $rest != [[:space:]]* ]]; then
      words[\${#words[@]}-1]+="$word"
    else
      words+=("$word")
      rest="\${rest#"\${rest%%[![:space:]]*}"}"
    fi
    rest="\${rest#"$word"}"
  done
  n=$((\${#words[@]} - 1))
  cur="\${words[n]}"
  [ "$n" -gt 0 ] && before="\${words[n-1]}"
  [ "$before" = --config ] && return
  [ "\${words[1]}" = --config ] && at=3 && config="\${words[2]}"
  if [ "$n" -eq "$at" ]; then
    list="${names.join(' ')} --config --help --version"
  else
    case "\${words[at]}" in
      help) [ "$n" -eq $((at + 1)) ] && list="${names.join(' ')}" ;;
${commands.map(branch).join('')}    esac
  fi
  if [ -n "$list" ]; then
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$list" -- "$cur")
  fi
  [ -n "$kind" ] && _ccr_values
}
_ccr_values() {
  local bare="\${cur#"$head"}" open="" past="" quoted
  case "$bare" in [\\"\\']*) open=1 bare="\${bare:1}" ;; esac
  # Readline puts the value in place of what stands behind the last : or =.
  [[ $cur == *[:=]* && -z $open ]] && past="\${cur%"\${cur##*[:=]}"}"
  while IFS= read -r word; do
    printf -v quoted %q "$word"
    quoted="\${quoted//\\\\,/,}" # %q quotes commas, which mean nothing here
    if [ -n "$open" ]; then
      [ "$quoted" = "\${word// /\\\\ }" ] && [[ $word == "$bare"* ]] && COMPREPLY+=("$word")
    elif [[ $word == "$bare"* || $quoted == "$bare"* ]]; then
      quoted="$head$quoted"
      COMPREPLY+=("\${quoted#"$past"}")
    fi
  done < <(command ccr __complete "$kind" "$bare" "$config" 2>/dev/null </dev/null)
}
complete -o default -F _ccr ccr
`
}

function branch(command: Completed): string {
  const { name, words, options, passThrough } = command
  if (passThrough) return passedBranch(command)
  const flags = options.map((option) => `--${option.name}`).join(' ')
  const first =
    words.length === 0 ? '' : `; [ "$n" -eq $((at + 1)) ] && list="${words.join(' ')} $list"`
  return `      ${name}) list="${flags}"${first}${places(command)}${valued(options)} ;;\n`
}

/** An option in first place, and its value; all else is somebody else's. */
function passedBranch({ name, options }: Completed): string {
  const cases = options.flatMap(({ name: option, completes }) => {
    if (completes === undefined) return []
    return [
      `          1:*:--${option}=*) head=--${option}= kind=${completes} ;;`,
      `          1:*:-*) list=--${option} ;;`,
      `          2:--${option}:*) kind=${completes} ;;`,
    ]
  })
  if (cases.length === 0) return `      ${name}) ;;\n`
  return (
    `      ${name})\n        case "$((n - at)):\${words[at+1]}:$cur" in\n` +
    `${cases.join('\n')}\n        esac ;;\n`
  )
}

/** What stands behind the word in first place, or there. */
function places({ completes }: Completed): string {
  const cases = Object.entries(completes).flatMap(([word, kinds]) =>
    kinds.map((kind, place) =>
      word === '' ? `${place + 1}:*) kind=${kind} ;;` : `${place + 2}:${word}) kind=${kind} ;;`,
    ),
  )
  return cases.length === 0 ? '' : `; case "$((n - at)):\${words[at+1]}" in ${cases.join(' ')} esac`
}

/** The values of options, behind a blank or `=`. */
function valued(options: readonly CompletedOption[]): string {
  const known = options.flatMap(({ name, short, completes }) =>
    completes === undefined ? [] : [{ name, short, completes }],
  )
  if (known.length === 0) return ''
  const behind = known.map(({ name, short, completes }) => {
    const flags = short === undefined ? `--${name}` : `-${short}|--${name}`
    return `${flags}) list="" kind=${completes} ;;`
  })
  const within = known.map(({ name, completes }) => equals(name, completes))
  return `; case "$before" in ${behind.join(' ')} esac; case "$cur" in ${within.join(' ')} esac`
}

function equals(name: string, kind: ValueKind): string {
  return `--${name}=*) list="" head=--${name}= kind=${kind} ;;`
}
