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
    summary: 'a model, as in CCR_MODEL_PREFERENCE; "MODEL*N" runs it N times',
  },
  file: {
    type: 'string',
    short: 'f',
    value: 'FILE',
    summary: 'read the prompt, or the rest of it, from a file; - is stdin',
  },
  system: { type: 'string', value: 'TEXT', summary: 'a system prompt' },
  'max-tokens': {
    type: 'string',
    value: 'N',
    summary: 'maximum tokens of an answer (default: 16000)',
  },
  timeout: {
    type: 'string',
    value: 'SECONDS',
    summary: 'time limit for each model (default: 600; with --agent: 3600)',
  },
  jobs: {
    type: 'string',
    value: 'N',
    summary: 'how many run at the same time (default: all; with --agent: 10)',
  },
  judge: {
    type: 'string',
    value: 'MODEL',
    completes: 'preferences',
    summary: 'have this model rank the answers without their names',
  },
  json: { type: 'boolean', summary: 'an object for scripts' },
  markdown: { type: 'string', value: 'FILE', summary: 'also write the comparison as Markdown' },
  html: { type: 'string', value: 'FILE', summary: 'also write it as one self-contained HTML page' },
  agent: {
    type: 'boolean',
    summary: 'have each model work in its own worktree of this repository',
  },
  verify: {
    type: 'string',
    value: 'COMMAND',
    summary: 'agent: run this in each worktree afterwards',
  },
  'verify-timeout': {
    type: 'string',
    value: 'SECONDS',
    summary: 'agent: time limit for --verify and --setup (default: 600)',
  },
  setup: {
    type: 'string',
    value: 'COMMAND',
    summary: 'agent: run this in each worktree beforehand',
  },
  'with-changes': {
    type: 'boolean',
    summary: 'agent: start from HEAD plus your uncommitted changes',
  },
  trust: {
    type: 'boolean',
    summary: 'agent: use the settings, hooks and MCP servers of the repository',
  },
  run: {
    type: 'string',
    value: 'RUN',
    completes: 'runs',
    summary: 'diff, apply: a run other than the last one',
  },
  yes: {
    type: 'boolean',
    short: 'y',
    summary: 'apply: do not ask about files that can run by themselves',
  },
  all: {
    type: 'boolean',
    short: 'a',
    summary: 'clean: every finished run; list: runs of all repositories',
  },
} as const satisfies Options

export type CompareValues = Values<typeof OPTIONS>

/** The value of a numeric option. Throws UsageError unless it is a whole number above 0. */
export function wholeNumber(
  values: CompareValues,
  name: 'max-tokens' | 'timeout' | 'verify-timeout' | 'jobs',
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

/** The error if there is nothing to compare. */
export function oneModel([given = '']: readonly string[]): UsageError {
  return new UsageError(
    `ccr compare: only one model is given: ${given}.`,
    'Name two or more, or run one several times: ccr compare -m "MODEL*3" "PROMPT"',
  )
}
