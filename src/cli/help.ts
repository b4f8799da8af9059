/** The texts of `ccr help` and `ccr help COMMAND`. */
/** The texts of `ccr help` and `ccr help COMMAND`. */
import { widthOf, wrapped } from '../lib/width.ts'
import type { Command, OptionSpec } from './command.ts'

/**
 * `ccr help`: every command on one line, and examples for newcomers. `width` is the width of the
 * terminal in cells, or null in a pipe.
 */
export function overview(commands: readonly Command[], width: number | null = null): string {
  const rows = commands.map(({ name, summary }) => [name, summary] as const)
  return lines([
    ...within(
      'ccr (Claude Code Router): Claude Code with any language model, several side by side.',
      width,
    ),
    '',
    ...within('Usage: ccr [--config FILE] COMMAND [options]', width, 7),
    '',
    'Commands:',
    ...table(
      [...rows, ['help', 'show this text; ccr help COMMAND: the help of one command']],
      width,
    ),
    '',
    ...within(
      'CCR_MODEL_PREFERENCE selects the session of a command; without it, the default session is used.',
      width,
    ),
    '',
    'Examples:',
    ...table(
      [
        ['ccr demo', 'see two models answer, no key needed'],
        ['ccr code "Explain this repository"', 'Claude Code in the default session'],
        [
          'CCR_MODEL_PREFERENCE=openrouter,openai/gpt-5 ccr code',
          'another model in its own session',
        ],
        ['ccr sessions', 'list what is running'],
        ['ccr help code', 'help for one command'],
      ],
      width,
    ),
    '',
    ...within('Options: --version, --help, --config FILE (before or after the command).', width),
  ])
}

/** `ccr help COMMAND`: synopsis, options and examples. */
export function commandHelp(command: Command, width: number | null = null): string {
  const options = Object.entries(command.options ?? {})
  const rows = options.map(([name, spec]) => [flag(name, spec), spec.summary] as const)
  return lines([
    ...within(`Usage: ${command.usage}`, width, 7),
    '',
    ...within(sentence(command.summary), width),
    ...(command.details ?? []).flatMap((paragraph) => [
      '',
      ...within(paragraph, Math.min(width ?? WIDTH, WIDTH)),
    ]),
    ...(rows.length > 0 ? ['', 'Options:', ...table(rows, width)] : []),
    '',
    'Examples:',
    ...command.examples.flatMap((example) => exampleLines(example, width)),
  ])
}

/** A command line with its explanation, which moves to the next line if there is no room for it. */
function exampleLines(example: string, width: number | null): string[] {
  const gap = / {2,100}(?=\S)/.exec(example)
  const line = `  ${example}`
  if (width === null || widthOf(line) <= width || gap === null) return [line]
  const about = example.slice(gap.index + gap[0].length)
  const below = wrapped(about, Math.max(1, width - 6)).map((text) => `      ${text}`)
  return [`  ${example.slice(0, gap.index)}`, ...below]
}

function flag(name: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? '' : `-${spec.short}, `
  return `${short}--${name}${spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : ''}`
}

/** Two columns. If the right one does not fit, it moves below the left one and is wrapped. */
function table(rows: readonly (readonly [string, string])[], width: number | null): string[] {
  const widest = Math.max(...rows.map(([left]) => widthOf(left)))
  if (width === null) return rows.map(([left, right]) => `  ${left.padEnd(widest)}  ${right}`)
  const room = width - widest - 4
  if (room >= Math.min(24, width / 2)) {
    const indent = ' '.repeat(widest + 4)
    return rows.flatMap(([left, right]) =>
      wrapped(right, room).map(
        (line, n) => (n === 0 ? `  ${left.padEnd(widest)}  ` : indent) + line,
      ),
    )
  }
  return rows.flatMap(([left, right]) => [
    `  ${left}`,
    ...wrapped(right, Math.max(1, width - 6)).map((line) => `      ${line}`),
  ])
}

/** Wraps a line to `width` cells; all lines but the first are indented. */
function within(line: string, width: number | null, indent = 0): string[] {
  if (width === null || widthOf(line) <= width) return [line]
  const [first = ''] = wrapped(line, width)
  const rest = line.slice(first.length).trimStart()
  const more = wrapped(rest, Math.max(1, width - indent))
  return [first, ...more.map((text) => ' '.repeat(indent) + text)]
}

/** Turns a summary, as it appears in lists, into a sentence. */
function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
}

const WIDTH = 88

function lines(text: readonly string[]): string {
  return `${text.join('\n')}\n`
}
