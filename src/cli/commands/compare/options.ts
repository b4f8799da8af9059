/** The command line of `ccr compare`. */
import { CONFIG_OPTION, type Options, UsageError, type Values } from '../../command.ts'

export const OPTIONS = {
  ...CONFIG_OPTION,
  model: {
    type: 'string',
    short: 'm',
    value: 'MODEL',
    multiple: true,
    completes: 'preferences',
    summary: 'a model, as in CCR_MODEL_PREFERENCE; give it once for each (two or more)',
  },
  file: {
    type: 'string',
    short: 'f',
    value: 'FILE',
    summary: 'the prompt, or more of it; - is stdin',
  },
  system: { type: 'string', value: 'TEXT', summary: 'a system prompt' },
  'max-tokens': { type: 'string', value: 'N', summary: 'most tokens of an answer (16000)' },
  timeout: { type: 'string', value: 'SECONDS', summary: 'for each model (600; with --agent 3600)' },
  judge: {
    type: 'string',
    value: 'MODEL',
    completes: 'preferences',
    summary: 'have this model rank the answers, unnamed',
  },
  json: { type: 'boolean', summary: 'an object for scripts' },
  markdown: { type: 'string', value: 'FILE', summary: 'write the comparison as Markdown too' },
  html: { type: 'string', value: 'FILE', summary: 'write it as one self-contained page too' },
  agent: { type: 'boolean', summary: 'each model works in its own worktree of this repository' },
  verify: {
    type: 'string',
    value: 'COMMAND',
    summary: 'agent: run this in each worktree afterwards',
  },
  'verify-timeout': {
    type: 'string',
    value: 'SECONDS',
    summary: 'agent: for --verify and --setup (600)',
  },
  setup: { type: 'string', value: 'COMMAND', summary: 'agent: run this in each worktree before' },
  'with-changes': {
    type: 'boolean',
    summary: 'agent: start from your uncommitted changes too, not from HEAD alone',
  },
  trust: {
    type: 'boolean',
    summary: 'agent: obey the settings, hooks and MCP servers of the repository',
  },
  run: {
    type: 'string',
    value: 'RUN',
    completes: 'runs',
    summary: 'diff, apply: another run than the last',
  },
  yes: {
    type: 'boolean',
    short: 'y',
    summary: 'apply: ask nothing about files that run by themselves',
  },
  all: {
    type: 'boolean',
    short: 'a',
    summary: 'clean: every run that is over; list: of any repository',
  },
} as const satisfies Options

export type CompareValues = Values<typeof OPTIONS>

/** A number that an option gives. Throws UsageError unless it is whole and above 0. */
export function wholeNumber(
  values: CompareValues,
  name: 'max-tokens' | 'timeout' | 'verify-timeout',
  otherwise: number,
): number {
  const given = values[name]
  if (given === undefined) return otherwise
  const number = Number(given)
  if (Number.isSafeInteger(number) && number > 0 && number < 1e9) return number
  throw new UsageError(
    `ccr compare: --${name} needs a whole number above 0.`,
    `Write: --${name} ${otherwise}`,
  )
}
