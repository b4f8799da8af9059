import type { Env, SessionRef } from '../../session/identity.ts'
import { findClaude } from '../claude.ts'
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
  const option = ref.ownConfig ? `--config ${ref.configFile} ` : ''
  const width = Math.max(...providers.map(({ name }) => name.length))
  const other = providers.flatMap(({ name, models }) => models.map((id) => `${name},${id}`))[1]
  const unset = providers.flatMap(({ name, variable }) =>
    variable !== undefined && !env[variable] ? [{ name, variable }] : [],
  )
  const steps: readonly (readonly [string, string])[] = [
    ...(hasClaude(env)
      ? []
      : [['npm install -g @anthropic-ai/claude-code', 'claude itself is not here yet'] as const]),
    ...unset.map(({ name, variable }) => {
      return [`export ${variable}=…`, `your key; or have ccr keep it: ccr key set ${name}`] as const
    }),
    [`ccr ${option}doctor --live`, 'asks every provider one short question'],
    [`ccr ${option}code`, `Claude Code with ${defaultModel}`],
    ...(other === undefined
      ? []
      : [[`CCR_MODEL_PREFERENCE=${other} ccr ${option}code`, 'another model beside it'] as const]),
    [`ccr ${option}model`, 'other models for other requests'],
    ...(written.namesStatusLine
      ? [['ccr statusline --install', 'model, context and cost in Claude Code'] as const]
      : []),
  ]
  const column = Math.max(...steps.map(([line]) => line.length))
  return [
    ...(backup === '' ? [] : [`The old config is kept: ${backup}`]),
    `Wrote ${ref.configFile} (readable by you alone):`,
    ...providers.map((provider) => `  ${provider.name.padEnd(width)}  ${summary(provider)}`),
    '',
    'Next:',
    ...steps.map(([line, why]) => `  ${line.padEnd(column)}  ${why}`),
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
