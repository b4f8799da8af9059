/** Renders modules as one line with colours. */
import type { Env } from '../../../lib/env.ts'
import type { Module } from './theme.ts'

export interface Shown {
  readonly module: Module
  readonly text: string
}

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const
const ARROW = '\ue0b0'
const RESET = '\u001b[0m'
/** Backgrounds for powerline modules without one, used in turn. */
const BACKGROUNDS = ['bg_bright_blue', 'bg_bright_magenta', 'bg_bright_cyan', 'bg_bright_green']

/** Renders the line. Claude Code shows colours even from a pipe; NO_COLOR turns them off. */
export function render(shown: readonly Shown[], powerline: boolean, env: Env): string {
  const simple = env['USE_SIMPLE_ICONS'] === 'true'
  const labelled = shown.map(({ module, text }) => {
    const icon = simple && /[^\x20-\x7e]/.test(module.icon) ? '' : module.icon
    return { module, text: [icon, text].filter((part) => part !== '').join(' ') }
  })
  if (env['NO_COLOR']) return labelled.map(({ text }) => text).join('  ')
  if (powerline) return arrows(labelled, simple ? '>' : ARROW)
  return labelled.map(({ module, text }) => painted(module, text)).join(' ')
}

function painted({ color, background }: Module, text: string): string {
  const codes = [code(color, false), code(background, true)].filter((part) => part !== '')
  return codes.length === 0 ? text : `\u001b[${codes.join(';')}m${text}${RESET}`
}

/** Each module on its background, followed by an arrow of that colour. */
function arrows(shown: readonly Shown[], arrow: string): string {
  const backgrounds = shown.map(
    ({ module }, n) => module.background || (BACKGROUNDS[n % BACKGROUNDS.length] ?? ''),
  )
  return shown
    .map(({ module, text }, n) => {
      const background = backgrounds[n] ?? ''
      const next = backgrounds[n + 1]
      const into = next === undefined ? '' : `;${code(next, true)}`
      const body = [code(module.color || 'white', false), code(background, true)]
      return (
        `\u001b[${body.filter((part) => part !== '').join(';')}m ${text} ` +
        `${RESET}\u001b[${code(background, false)}${into}m${arrow}${RESET}`
      )
    })
    .join('')
}

/** The SGR parameters of a colour: `blue`, `bright_blue`, `bg_blue`, `#1e90ff`; '' for none. */
function code(color: string, background: boolean): string {
  const hex = /^(?:bg_)?#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color)
  if (hex) {
    const parts = hex.slice(1).map((part) => parseInt(part, 16))
    return `${background ? 48 : 38};2;${parts.join(';')}`
  }
  const named = /^(?:bg_)?(bright_)?([a-z]+)$/.exec(color.toLowerCase())
  const index = NAMES.findIndex((name) => name === named?.[2])
  if (index < 0)
    return named?.[2] === 'gray' || named?.[2] === 'grey' ? (background ? '100' : '90') : ''
  return String((named?.[1] === undefined ? 30 : 90) + (background ? 10 : 0) + index)
}
