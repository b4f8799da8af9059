/**
 * The completion script for bash 3.2 and newer. The output of ccr is treated as data: it is read line
 * by line, compared as text, and quoted (`%q`) before readline gets it.
 */
export const BASH_SCRIPT = `# Completion of ccr for bash: source <(ccr completion bash)
_ccr() {
  local rest="$COMP_LINE" word cur n head="" bare open="" past="" quoted paths=""
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
  cur="\${words[\${#words[@]}-1]}"
  # A quote that is open: readline puts the value behind it. Else in place of what stands behind the
  # last : or =.
  [[ $cur == --*=* ]] && head="\${cur%%=*}="
  bare="\${cur#"$head"}"
  case "$bare" in [\\"\\']*) open=1 bare="\${bare:1}" ;; esac
  [[ $cur == *[:=]* && -z $open ]] && past="\${cur%"\${cur##*[:=]}"}"
  while IFS= read -r word; do
    case "$word" in $'\\t'*) paths=1; continue ;; esac
    word="\${word%%$'\\t'*}"
    if [ -n "$open" ]; then
      word="\${word#"$head"}"
      printf -v quoted %q "$word"
      quoted="\${quoted//\\\\,/,}"
      [ "$quoted" = "\${word// /\\\\ }" ] && [[ $word == "$bare"* ]] && COMPREPLY+=("$word")
      continue
    fi
    printf -v quoted %q "$word"
    quoted="\${quoted//\\\\,/,}" # %q quotes commas, which mean nothing here
    [[ $word == "$cur"* || $quoted == "$cur"* ]] && COMPREPLY+=("\${quoted#"$past"}")
  done < <(command ccr __complete bash "\${words[@]:1}" 2>/dev/null </dev/null)
  # Where nothing is found bash completes paths; only where one may stand, if it can be told.
  [ -n "$paths" ] || compopt +o default 2>/dev/null
}
complete -o default -F _ccr ccr
`
