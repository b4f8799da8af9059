/**
 * The tables of keys in docs/configuration.md, made from the schema that checks a config.
 * `npx vitest run FILE -u` writes them.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { expect, it } from 'vitest'
import { DEFAULTS } from '../../src/config/defaults.ts'
import { configJsonSchema, type JsonSchema } from '../../src/config/schema/json-schema.ts'

const DOC = '../../docs/configuration.md'
const FILE = fileURLToPath(new URL(DOC, import.meta.url))
const [BEGIN, END] = ['<!-- keys: written by a test -->', '<!-- end of the keys -->']

const DEFAULT: Readonly<Record<string, unknown>> = {
  PORT: DEFAULTS.port,
  HOST: DEFAULTS.host,
  LOG: DEFAULTS.log,
  LOG_LEVEL: DEFAULTS.logLevel,
  API_TIMEOUT_MS: DEFAULTS.apiTimeoutMs,
  PING_AFTER_MS: DEFAULTS.pingAfterMs,
}

/** The schema of what is in a list, or of the values of an object: of several forms the one with keys. */
function inner(schema: JsonSchema): JsonSchema {
  const one = (schema['items'] || schema['additionalProperties'] || schema) as JsonSchema
  const forms = Array.isArray(one['anyOf']) ? (one['anyOf'] as JsonSchema[]).map(inner) : []
  return forms.find((form) => properties(form).length > 0) ?? one
}

function properties(schema: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  return Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)
}

function typeOf(schema: JsonSchema): string {
  const { type, items, anyOf, enum: words } = schema
  if (Array.isArray(words)) return words.map((word) => `\`${String(word)}\``).join(' ')
  if (Array.isArray(anyOf)) {
    return [...new Set((anyOf as JsonSchema[]).map(typeOf))].filter(Boolean).join(' or ')
  }
  if (type === 'array') return items ? `list of ${itemType(items as JsonSchema)}` : 'list'
  return [type].flat().filter(Boolean).join(' or ').replace('string', 'text')
}

function itemType(items: JsonSchema): string {
  const type = typeOf(items) || 'any'
  return 'anyOf' in items ? `(${type})` : type
}

function table(schema: JsonSchema): string {
  const rows = properties(schema).map(([key, one]) => {
    const { description = '' } = one
    const what = String(description).replaceAll('|', '\\|')
    const standard = key in DEFAULT ? `\`${String(DEFAULT[key])}\`` : ''
    return `| \`${key}\` | ${typeOf(one)} | ${standard} | ${what} |`
  })
  return ['| key | type | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** The whole config, then what is inside its objects. */
function tables(schema: JsonSchema): string {
  const nested = properties(schema).flatMap(([key, one]) => {
    const object = inner(one)
    if (key === 'providers' || properties(object).length === 0) return []
    const name = object === one ? `\`${key}\`` : `Each of \`${key}\``
    const deeper = properties(object)
      .filter(([, two]) => properties(inner(two)).length > 0)
      .map(([name, two]) => `\n\n\`${name}\` of it:\n\n${table(inner(two))}`)
    return [`${name}:\n\n${table(object)}${deeper.join('')}`]
  })
  return [table(schema), ...nested].join('\n\n')
}

it('docs/configuration.md has every key that the schema knows', async () => {
  const written = readFileSync(FILE, 'utf8')
  const [before, rest] = [written.indexOf(BEGIN), written.indexOf(END)]
  expect(before).toBeGreaterThan(0)
  const body = `${BEGIN}\n\n${tables(configJsonSchema())}\n\n`
  const text = written.slice(0, before) + body + written.slice(rest)
  const options = { ...(await resolveConfig(FILE)), parser: 'markdown' }
  await expect(await format(text, options)).toMatchFileSnapshot(DOC)
})
