import { listedModelRefs } from '../../../lib/model-ref.ts'
import { configCommand, shellWord } from '../../../lib/command-line.ts'
import { padded, widthOf } from '../../../lib/width.ts'
import type { Env, SessionRef } from '../../../session/identity.ts'
import { findClaude } from '../../claude/find.ts'
import type { Candidate } from './detect.ts'

export interface Written {
  readonly ref: SessionRef
  readonly providers: readonly Candidate[]
  readonly defaultModel: string
  /** Where the former config is kept; '' when there was none. */
  readonly backup: string
  readonly env: Env
  /** Whether to say how Claude Code gets the status line. */
  readonly namesStatusLine: boolean
}

/** What was written, and what to type next. */
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
      : [['npm install -g @anthropic-ai/claude-code', 'claude itself is not here yet'] as const]),
    ...unset.map(({ name, variable }) => {
      const keep = ccr(`key set ${shellWord(name)}`)
      return [`export ${variable}=…`, `your key; or have ccr keep it: ${keep}`] as const
    }),
    [ccr('doctor --live'), 'asks every provider one short question'],
    [ccr('code'), `Claude Code with ${defaultModel}`],
    ...(other === undefined
      ? []
      : [
          [
            `CCR_MODEL_PREFERENCE=${shellWord(other)} ${ccr('code')}`,
            'another model beside it',
          ] as const,
        ]),
    [ccr('model'), 'other models for other requests'],
    ...(written.namesStatusLine
      ? [['ccr statusline --install', 'model, context and cost in Claude Code'] as const]
      : []),
  ]
  const column = Math.max(...steps.map(([line]) => widthOf(line)))
  return [
    ...(backup === '' ? [] : [`The old config is kept: ${backup}`]),
    `Wrote ${ref.configFile} (readable by you alone):`,
    ...providers.map((provider) => `  ${padded(provider.name, width)}  ${summary(provider)}`),
    '',
    'Next:',
    ...steps.map(([line, why]) => `  ${padded(line, column)}  ${why}`),
    '',
  ].join('\n')
}

function summary({ models, found }: Candidate): string {
  return `${models.length} model${models.length === 1 ? '' : 's'} (${found})`
}

function hasClaude(env: Env): boolean {
  try {
    findClaude('', env)
    return true
  } catch {
    return false
  }
}
