/**
 * The completion script for PowerShell 5.1 and newer, and how its line is read and its answers are
 * written. The line goes to ccr in variables: Windows PowerShell loses quotes and empty words in the
 * arguments of programs, and of those of a `ccr.cmd`, cmd would run what stands behind a `&`.
 */
import type { Env } from '../../../lib/env.ts'
import { POWERSHELL } from '../../terminal/shells.ts'

/** The command with its arguments, up to the cursor. */
const LINE = 'CCR_COMPLETION_LINE'
/** What PowerShell will replace by the completion: the end of the last word. */
const WORD = 'CCR_COMPLETION_WORD'

export const POWERSHELL_SCRIPT = `# Completion of ccr for PowerShell: ccr completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName ccr -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $start = $commandAst.Extent.StartOffset
  $text = $commandAst.Extent.StartScriptPosition.GetFullScript()
  $length = [Math]::Max(0, [Math]::Min($cursorPosition, $text.Length) - $start)
  $encoding = [Console]::OutputEncoding
  try {
    $env:${LINE} = $text.Substring($start, $length)
    $env:${WORD} = $wordToComplete
    try { [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false } catch { }
    foreach ($line in @(ccr __complete powershell 2>$null)) {
      $insert, $value, $summary = $line.Split([char]9)
      if ($insert) {
        [System.Management.Automation.CompletionResult]::new($insert, $value, 'ParameterValue', $summary)
      } else {
        [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
      }
    }
  } finally {
    try { [Console]::OutputEncoding = $encoding } catch { }
    Remove-Item Env:${LINE}, Env:${WORD} -ErrorAction SilentlyContinue
  }
}
`

/** Blanks, an escape, text in single quotes, text in double quotes, or plain text. A quote may be open. */
const TOKEN =
  /(\s+)|`([^]?)|['\u2018-\u201b]((?:[^'\u2018-\u201b]|['\u2018-\u201b]{2})*)['\u2018-\u201b]?|["\u201c-\u201e]((?:[^"\u201c-\u201e`]|`[^]?|["\u201c-\u201e]{2})*)["\u201c-\u201e]?|([^\s`'\u2018-\u201b"\u201c-\u201e]+)/g

/** The words after `ccr` as PowerShell reads them, without quotes; the last one is being typed. */
export function typedWords(env: Env): string[] {
  const words = ['']
  for (const [, blank, escaped, single, double, plain] of (env[LINE] ?? '').matchAll(TOKEN)) {
    const part = escaped ?? plain ?? inSingle(single) ?? inDouble(double ?? '')
    words.push(blank === undefined ? (words.pop() ?? '') + part : '')
  }
  return words.slice(1)
}

function inSingle(text: string | undefined): string | undefined {
  return text?.replace(/(['\u2018-\u201b])['\u2018-\u201b]/g, '$1')
}

function inDouble(text: string): string {
  return text.replace(
    /(["\u201c-\u201e])["\u201c-\u201e]|`([^]?)/g,
    (_, quote?: string, escaped = '') => String(quote ?? escaped),
  )
}

/**
 * What is inserted for a value. PowerShell takes what stands behind a comma for a word of its own and
 * replaces that alone, so only the rest of the value is inserted there.
 */
export function insertion(value: string, typed: string, env: Env): string {
  const replaced = (env[WORD] ?? '').replace(/^['"\u2018-\u201e]/, '')
  const kept = typed.endsWith(replaced) ? typed.length - replaced.length : 0
  return POWERSHELL.word(value.slice(kept))
}
