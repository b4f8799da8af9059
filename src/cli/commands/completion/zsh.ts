/** The completion script for zsh. The output of ccr is data: _describe takes it as text, compadd quotes it. */
export const ZSH_SCRIPT = `#compdef ccr
# Completion of ccr for zsh: source <(ccr completion zsh), or as the file _ccr in a folder of $fpath
_ccr() {
  local line value paths=
  local -a found
  while IFS= read -r line; do
    if [[ $line == $'\\t'* ]]; then
      paths=1
      continue
    fi
    value="\${line%%$'\\t'*}"
    value="\${\${value//\\\\/\\\\\\\\}//:/\\\\:}"
    [[ $line == *$'\\t'* ]] && value+=":\${line#*$'\\t'}"
    found+=("$value")
  done < <(command ccr __complete zsh "\${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null </dev/null)
  (( $#found )) && _describe -t values value found
  if [[ -n $paths ]]; then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    _files
  fi
}
if [[ $funcstack[1] == _ccr ]]; then
  _ccr "$@" # loaded from $fpath for the first completion
else
  if (( ! $+functions[compdef] )); then
    autoload -Uz compinit && compinit -i
  fi
  compdef _ccr ccr
fi
`
