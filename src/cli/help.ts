import type { Command, OptionSpec } from './command.ts'

/** `ccr help`: every command on one line, with the examples that a newcomer needs. */
export function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [name, summary] as const)
  return lines([
    'ccr (Claude Code Router): Claude Code with any language model, several side by side.',
    '',
    'Usage: ccr [--config FILE] COMMAND [options]',
    '',
    'Commands:',
    ...table([...rows, ['help', 'this text; ccr help COMMAND: more about one command']]),
    '',
    'Which session a command means is said by CCR_MODEL_PREFERENCE (none: the default session).',
    '',
    'Examples:',
    ...table([
      ['ccr demo', 'see two models answer, no key needed'],
      ['ccr code "Explain this repository"', 'Claude Code in the default session'],
      ['CCR_MODEL_PREFERENCE=openrouter,openai/gpt-5 ccr code', 'another model, its own session'],
      ['ccr sessions', 'what is running'],
      ['ccr help code', 'more about one command'],
    ]),
    '',
    'Options: --version, --help, --config FILE (before or after the command).',
  ])
}

/** `ccr help COMMAND`: synopsis, options and examples. */
export function commandHelp(command: Command): string {
  const options = Object.entries(command.options ?? {})
  const rows = options.map(([name, spec]) => [flag(name, spec), spec.summary] as const)
  return lines([
    `Usage: ${command.usage}`,
    '',
    sentence(command.summary),
    ...(command.details ?? []).flatMap((paragraph) => ['', wrapped(paragraph)]),
    ...(rows.length > 0 ? ['', 'Options:', ...table(rows)] : []),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
  ])
}

function flag(name: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? '' : `-${spec.short}, `
  return `${short}--${name}${spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : ''}`
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}

/** A summary, which stands in a list elsewhere, as a sentence. */
function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
}

const WIDTH = 88

function wrapped(paragraph: string): string {
  // bounded: paragraphs of ccr's own help
  return paragraph.replace(new RegExp(`(.{1,${WIDTH}})(?: +|$)`, 'g'), '$1\n').trimEnd()
}

function lines(text: readonly string[]): string {
  return `${text.join('\n')}\n`
}
