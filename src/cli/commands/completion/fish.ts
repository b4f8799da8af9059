/** The completion script for fish. The output of ccr is data: fish takes each line of it as text. */
export const FISH_SCRIPT = `# Completion of ccr for fish: ccr completion fish | source
function __ccr_complete
  set -l words (commandline -opc)
  # Variables that are set for this command alone stand before it.
  while string match -qr '^[A-Za-z_][A-Za-z0-9_]*=' -- $words[1]
    set -e words[1]
  end
  set -e words[1]
  set -l word (commandline -ct)
  for line in (command ccr __complete fish $words "$word" 2>/dev/null </dev/null)
    if not string match -q -- \\t'*' "$line"
      printf '%s\\n' "$line"
    else if string match -qr '^--[^=]+=' -- "$word"
      set -l head (string replace -r '^(--[^=]+=).*' '$1' -- "$word")
      printf '%s\\n' $head(__fish_complete_path (string replace -r '^--[^=]+=' '' -- "$word"))
    else
      __fish_complete_path "$word"
    end
  end
end
complete -c ccr -k -f -a '(__ccr_complete)'
`
