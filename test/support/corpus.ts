/**
 * ccr's diagnostics of a config and the targets of sample requests, as lines of text. Tests compare
 * them with the lines after `//: ` at the end of the config's file.
 */
import { dirname, join } from 'node:path'
import { unusableModels } from '../../src/cli/commands/config/named-models.ts'
import type { Config } from '../../src/config/config.ts'
import { type Finding, reportOn } from '../../src/config/diagnostics/report.ts'
import { createTargets } from '../../src/gateway/targets/targets.ts'
import type { MessagesRequest } from '../../src/messages/request.ts'
import { resolveRoute } from '../../src/routing/resolve.ts'
import type { Hints } from '../../src/routing/scenario.ts'

const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'x' } }

interface Sample {
  readonly request?: Partial<MessagesRequest>
  readonly hints?: Partial<Hints>
}

/** Requests as today's client sends them, by name. */
const SAMPLES: Readonly<Record<string, Sample>> = {
  main: {},
  background: { hints: { requestClass: 'auxiliary' } },
  haiku: { request: { model: 'claude-haiku-4-5' } },
  think: { request: { thinking: { type: 'enabled', budget_tokens: 10_000 } } },
  long: { hints: { tokens: 70_000 } },
  search: { request: { tools: [{ type: 'web_search_20250305', name: 'web_search' }] } },
  image: { request: { messages: [{ role: 'user', content: [IMAGE] }] } },
}

/** Of an expectation: `env A=b` and the names of the requests. */
export interface Given {
  readonly env: Readonly<Record<string, string>>
  readonly requests: readonly string[]
}

/** What a file's last lines expect, without `//: `. */
export function expectations(source: string): readonly string[] {
  return source.split('\n').flatMap((line) => (line.startsWith('//: ') ? [line.slice(4)] : []))
}

export function givenIn(expected: readonly string[]): Given {
  const pairs = expected
    .filter((line) => line.startsWith('env '))
    .flatMap((line) => line.split(' ').slice(1))
    .map((pair): [string, string] => [pair.split('=')[0]!, pair.slice(pair.indexOf('=') + 1)])
  const requests = expected.flatMap((line) => / ->/.exec(line)?.input.split(' -> ')[0] ?? [])
  return { env: Object.fromEntries(pairs), requests }
}

/** Errors and warnings with their locations, then each request with its targets and the reason. */
export function diagnosis(file: string, { env, requests }: Given): readonly string[] {
  const { config, errors, warnings } = reportOn(file, env)
  const found = [...warnings, ...(config ? unusableModels(config) : [])]
  const given = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  return [
    ...(given.length === 0 ? [] : [`env ${given.join(' ')}`]),
    ...errors.map((finding) => placed('error', finding, file)),
    ...found.map((finding) => placed('warning', finding, file)),
    ...(config ? requests.map((name) => `${name} -> ${sent(name, config, env)}`) : []),
  ]
}

function placed(kind: string, { line, column, message }: Finding, file: string): string {
  const [first = ''] = message.split('\n')
  const text = first.replaceAll(join(dirname(file), '/'), '')
  return `${kind} ${String(line ?? 0)}:${String(column ?? 0)}: ${text}`
}

function sent(name: string, config: Config, env: Given['env']): string {
  const explicit = name.startsWith('explicit:') ? name.slice('explicit:'.length) : undefined
  const { request, hints } = SAMPLES[name] ?? {}
  const body = {
    model: explicit ?? 'ccr-default',
    messages: [{ role: 'user', content: 'hi' }],
    ...request,
  }
  try {
    const session = { preference: '', alias: 'ccr-default' }
    const route = resolveRoute(body, config, session, { tokens: 100, ...hints })
    const lanes = createTargets(config, { env }).of(route.choices)
    const formats = new Set(lanes.map(({ provider }) => provider.protocolName))
    return `${lanes.map((lane) => lane.name).join(' ')} (${route.reason}; ${[...formats].join(' ')})`
  } catch (thrown) {
    return `error: ${thrown instanceof Error ? thrown.message : String(thrown)}`
  }
}
