/** The final output of `ccr init`. */
import { counted } from '../../../lib/counted.ts'
import { listedModelRefs } from '../../../lib/model-ref.ts'
import { configCommand, isPowerShell, shellWord, withVariables } from '../../../lib/command-line.ts'
import { padded, widthOf } from '../../../lib/width.ts'
import type { SessionRef } from '../../../session/identity.ts'
import type { Env } from '../../../lib/env.ts'
import { findClaude } from '../../claude/find.ts'
import type { Candidate } from './detect.ts'

export interface Written {
  readonly ref: SessionRef
  readonly providers: readonly Candidate[]
  readonly defaultModel: string
  /** The backup of the former config; '' if there was none. */
  readonly backup: string
  readonly env: Env
  /** Whether to mention how to install the status line. */
  readonly namesStatusLine: boolean
}

/** A summary of what was written, and the next steps. */
export function nextSteps(written: Written): string {
  const { ref, providers, defaultModel, backup, env } = written
  const ccr = (command: string): string => configCommand(ref, command)
  const width = Math.max(...providers.map(({ name }) => widthOf(name)))
  const other = providers.flatMap(listedModelRefs)[1]
  const unset = providers.flatMap(({ name, variable }) =>
    variable !== undefined && !env[variable] ? [{ name, variable }] : [],
  )
  const steps: readonly (readonly [string, string])[] = [
    ...(hasClaude(env)
      ? []
      : [['npm install -g @anthropic-ai/claude-code', 'claude is not installed yet'] as const]),
    ...unset.map(({ name, variable }) => {
      const keep = ccr(`key set ${shellWord(name)}`)
      return [
        isPowerShell() ? `$env:${variable} = '…'` : `export ${variable}=…`,
        `your key; or let ccr store it: ${keep}`,
      ] as const
    }),
    [ccr('doctor --live'), 'test every provider with a short conversation'],
    [ccr('code'), `Claude Code with ${defaultModel}`],
    ...(other === undefined
      ? []
      : [
          [
            withVariables([['CCR_MODEL_PREFERENCE', other]], ccr('code')),
            'another model side by side',
          ] as const,
        ]),
    [ccr('model'), 'choose models for other kinds of requests'],
    ...(written.namesStatusLine
      ? [['ccr statusline --install', 'show model, context and cost in Claude Code'] as const]
      : []),
  ]
  const column = Math.max(...steps.map(([line]) => widthOf(line)))
  return [
    ...(backup === '' ? [] : [`The old config is kept as ${backup}`]),
    `Wrote ${ref.configFile} (readable only by you):`,
    ...providers.map((provider) => `  ${padded(provider.name, width)}  ${summary(provider)}`),
    '',
    'Next:',
    ...steps.map(([line, why]) => `  ${padded(line, column)}  ${why}`),
    '',
  ].join('\n')
}

function summary({ models, found }: Candidate): string {
  return `${counted(models.length, 'model')} (${found})`
}

function hasClaude(env: Env): boolean {
  try {
    findClaude('', env)
    return true
  } catch {
    return false
  }
}
