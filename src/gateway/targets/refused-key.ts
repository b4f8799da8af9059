/** Says which key a provider has refused, and what to do about it. The key itself is never shown. */
import type { Config, ProviderConfig } from '../../config/config.ts'
import { isDemoProvider } from '../../config/demo.ts'
import { keepCommand, settingAdvice } from '../../config/key-advice.ts'
import { isSecretVariable } from '../../config/secret-names.ts'
import type { GatewayError } from '../../messages/error.ts'
import type { BreakerKey } from './circuit-breaker.ts'

export interface KeyOrigin {
  readonly config: Pick<Config, 'file' | 'providers' | 'variables'>
  readonly env: Readonly<Record<string, string | undefined>>
  /** What the user types to restart the session. */
  readonly restart: string
}

/** The error with where the key comes from, if a key was refused; any other error as it is. */
export function withKeyOrigin(
  error: GatewayError,
  candidate: BreakerKey,
  origin: KeyOrigin,
): GatewayError {
  if (error.kind !== 'authentication_error' || error.origin === 'gateway') return error
  const at = candidate.key.lastIndexOf('#')
  const entry = origin.config.providers.find(({ name }) => name === candidate.key.slice(0, at))
  if (entry === undefined || isDemoProvider(entry)) return error
  return error.adding(advice(entry, Number(candidate.key.slice(at + 1)) - 1, origin))
}

function advice(entry: ProviderConfig, index: number, { config, env, restart }: KeyOrigin): string {
  const { name, apiKey, apiKeys = [apiKey] } = entry
  const key = apiKeys[index] ?? apiKey
  const variable = config.variables.find((one) => isFrom(one, env[one]?.trim() ?? '', key, entry))
  if (variable !== undefined) {
    const how = settingAdvice(entry, [variable], env)
    return `(ccr: the key of ${name} is the value of ${variable}: set the right one (${how}), then run: ${restart})`
  }
  const file = config.file === '' ? 'the config' : config.file
  if (key === '') {
    return `(ccr: ${name} has no api_key in ${file}: write one there, or let ccr store it: ${keepCommand(name, env)}; then run: ${restart})`
  }
  const nth = apiKeys.length > 1 ? ` (key ${index + 1})` : ''
  return `(ccr: the key is api_key of ${name}${nth} in ${file}: correct it there, it holds at once)`
}

/** Whether the key, or one in a header of the provider, is the value of this variable. */
function isFrom(
  variable: string,
  value: string,
  key: string,
  { headers = {} }: ProviderConfig,
): boolean {
  if (value === '') return false
  if (key !== '') return key === value
  return (
    isSecretVariable(variable, value) &&
    Object.values(headers).some((header) => header.includes(value))
  )
}
