/** Builds the status line. */
/** Builds the status line. */
import { CONTROLS } from '../../../lib/controls.ts'
import type { Env } from '../../../lib/env.ts'
import { type Variables, variablesOf } from './variables.ts'
import { render } from './render.ts'
import { runScript } from './script.ts'
import { type Module, readTheme, type Theme } from './theme.ts'

/** The status line for the input of Claude Code; '' if the input is not valid. Never throws. */
export async function statusLine(
  input: string,
  style: string | undefined,
  env: Env,
): Promise<string> {
  try {
    const status: unknown = JSON.parse(input)
    if (typeof status !== 'object' || status === null || Array.isArray(status)) return ''
    const theme = await readTheme(style, env)
    const variables = await variablesOf(status as Record<string, unknown>, env, uses(theme))
    const texts = await Promise.all(theme.modules.map((module) => textOf(module, variables, theme)))
    const shown = theme.modules.flatMap((module, n) => {
      const text = texts[n] ?? ''
      return text === '' ? [] : [{ module, text }]
    })
    return render(shown, theme.powerline, env)
  } catch {
    return ''
  }
}

const NAME = /\{\{\s*(\w+)\s*\}\}/g

/** Whether the theme uses a variable; scripts may use any. */
function uses({ modules }: Theme): (name: string) => boolean {
  const scripts = modules.some(({ type }) => type === 'script')
  const named = new Set(
    modules.flatMap(({ text }) => [...text.matchAll(NAME)].map((match) => match[1] ?? '')),
  )
  return (name) => scripts || named.has(name)
}

/** The text of a module; '' if none of its variables is known. */
async function textOf(module: Module, variables: Variables, theme: Theme): Promise<string> {
  if (module.type === 'script') return runScript(module, variables, theme.folder)
  const values = [...module.text.matchAll(NAME)].map((match) => valueOf(variables, match[1] ?? ''))
  if (values.length > 0 && values.every((value) => value === '')) return ''
  return oneLine(module.text.replace(NAME, (_, name: string) => valueOf(variables, name)))
}

/** The value of a variable, without control characters: names come from files and providers. */
function valueOf(variables: Variables, name: string): string {
  return Object.hasOwn(variables, name) ? (variables[name] ?? '').replace(CONTROLS, '') : ''
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').trim()
}
