/**
 * Every path of the config's schema, each with a missing, a wrong and an extra value: whatever is
 * wrong is named with its place, and nothing falls over it later.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pathText } from '../../src/config/schema/keys.ts'
import type { Path } from '../../src/config/parse/json5-locations.ts'
import { reportOn } from '../../src/config/diagnostics/report.ts'
import { configSchema } from '../../src/config/schema/schema.ts'
import { diagnosis } from '../support/corpus.ts'

type Value = Readonly<Record<string | number, unknown>>

/** A part of a valibot schema, as far as it is walked here. */
interface Part {
  readonly kind: string
  readonly type: string
  readonly pipe?: readonly Part[]
  readonly wrapped?: Part
  readonly item?: Part
  readonly value?: Part
  readonly entries?: Readonly<Record<string, Part>>
  readonly options?: readonly (Part | string)[]
  /** Of a schema that depends on what is written. */
  readonly getter?: (input: unknown) => Part
}

const PROVIDER = {
  contextWindow: { m: 32768, '*': 128000 },
  name: 'p',
  api_base_url: 'https://api.example.com/v1/chat/completions',
  api_key: ['k'],
  credentials: [{ apiKey: 'k1', api_key: 'k2', priority: 1, enabled: true }],
  models: ['m', 'n'],
  fallback: ['p,n'],
  timeouts: { connect: 1000, firstByte: 1000, idle: 1000 },
  headers: { 'x-team': 'search' },
  transformer: { use: ['openrouter', ['maxtoken', { max_tokens: 10 }]] },
  tokenizer: { default: { type: 'tiktoken' } },
}

const PRICE = { input: 1, output: 2, cacheRead: 1, cacheWrite: 1, cacheWrite1h: 2 }

/** A value at every path of the schema, but for files, which would have to exist. */
const WHOLE: Value = {
  $schema: 'https://example.com/schema.json',
  PORT: 4000,
  HOST: '127.0.0.1',
  APIKEY: 'secret',
  REQUIRE_TOKEN: true,
  LOG: true,
  LOG_LEVEL: 'info',
  API_TIMEOUT_MS: 600000,
  PING_AFTER_MS: 20000,
  REQUEST_CACHE: false,
  Retry: { attempts: 2, withinMs: 1000, afterSend: false },
  PROXY_URL: 'http://127.0.0.1:7890',
  HTTPS_PROXY: 'http://127.0.0.1:7890',
  https_proxy: 'http://127.0.0.1:7890',
  httpsProxy: 'http://127.0.0.1:7890',
  CLAUDE_PATH: '/usr/bin/claude',
  NON_INTERACTIVE_MODE: false,
  Providers: [PROVIDER, { ...PROVIDER, name: 'q' }],
  providers: [PROVIDER],
  Router: {
    default: 'p,m',
    background: 'p,n',
    think: 'p,n',
    longContext: 'p,n',
    longContextThreshold: 60000,
    webSearch: 'p,n',
    image: 'p,n',
  },
  Preferences: { fast: 'p,n' },
  Prices: { 'p,m': { ...PRICE, tiers: [{ over: 1000, ...PRICE }], date: '2026-11-01' } },
  Budgets: [{ per: 'day', limit: 20, warn: 10, provider: 'p', session: 'fast', strict: false }],
  Usage: { record: true, keepDays: 30 },
  Lend: {
    vision: 'p,n',
    webSearch: { service: 'brave', url: 'https://s.example.com', api_key: 'k', price: 5 },
  },
  fallback: { default: ['p,n'] },
  transformers: [],
  ANTHROPIC_SMALL_FAST_MODEL: 'p,n',
  forceUseImageAgent: false,
  StatusLine: { enabled: true },
  plugins: [],
  Plugins: [],
  tokenizer: { default: { type: 'tiktoken' } },
  HOT_RELOAD: true,
  OPENAI_API_KEY: 'k',
  OPENAI_BASE_URL: 'https://api.example.com/v1',
  OPENAI_MODEL: 'm',
  log: true,
}

const FILES = ['CA_FILE', 'CUSTOM_ROUTER_PATH', 'REWRITE_SYSTEM_PROMPT', 'ca_file']

interface SchemaLocation {
  readonly path: Path
  /** A schema says which keys there are; others are refused or told of. */
  readonly kind: 'strict' | 'loose' | 'open'
}

/** The places of the schema that are in `value` or could be. */
function* locations(part: Part, value: unknown, path: Path): Generator<SchemaLocation> {
  const schemas = written(part, value)
  yield { path, kind: kindOf(schemas) }
  const seen = new Set<string | number>()
  for (const [step, inner] of schemas.flatMap((schema) => childrenOf(schema, value))) {
    if (seen.has(step)) continue
    seen.add(step)
    yield* locations(inner, (value as Value | undefined)?.[step], [...path, step])
  }
}

/** The schemas of what is written, without what it becomes. */
function written(part: Part, value: unknown): readonly Part[] {
  if (part.wrapped !== undefined) return written(part.wrapped, value)
  if (part.pipe !== undefined) {
    const [first] = part.pipe.filter(({ kind, type }) => kind === 'schema' && type !== 'unknown')
    return first === undefined ? [] : written(first, value)
  }
  if (part.getter !== undefined) return written(part.getter(value ?? ''), value)
  if (part.type !== 'union') return [part]
  return (part.options as readonly Part[]).flatMap((option) => written(option, value))
}

function kindOf(schemas: readonly Part[]): SchemaLocation['kind'] {
  if (schemas.some(({ type }) => type === 'strict_object')) return 'strict'
  return schemas.some(({ type }) => type === 'loose_object') ? 'loose' : 'open'
}

function childrenOf(part: Part, value: unknown): (readonly [string | number, Part])[] {
  if (part.entries !== undefined) return Object.entries(part.entries)
  const inner = part.item ?? part.value
  if (inner === undefined || typeof value !== 'object' || value === null) return []
  return Object.keys(value).map((key) => [Array.isArray(value) ? Number(key) : key, inner])
}

/** `value` with another value at `path`; undefined takes it out. */
function changed(value: unknown, [step, ...rest]: Path, to: unknown): unknown {
  if (step === undefined) return to
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) =>
      index !== step
        ? [item]
        : rest.length === 0 && to === undefined
          ? []
          : [changed(item, rest, to)],
    )
  }
  const members = { ...(value as Value), [step]: changed((value as Value)[step], rest, to) }
  return Object.fromEntries(Object.entries(members).filter(([, item]) => item !== undefined))
}

function at(path: Path): unknown {
  return path.reduce((value: unknown, step) => (value as Value | undefined)?.[step], WHOLE)
}

const WRONG: readonly unknown[] = [
  ...[null, true, '', 'x', '${UNSET}', -1, 1.5, [], {}, [null], [[]], [{}], [{ use: null }]],
  ...[{ x: null }, { x: {} }, { x: [] }, { use: [null, [null], [[]], {}] }, { name: null }],
]

/** The second provider and the other list are as the first provider. */
const PLACES = [...locations(configSchema as unknown as Part, WHOLE, [])].filter(
  ({ path: [first, second, ...rest] }) =>
    !FILES.includes(String(rest.at(-1) ?? second ?? first)) &&
    !(first === 'Providers' && second === 1) &&
    !(first === 'providers' && second !== undefined),
)

let folder: string
let file: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccr-paths-'))
  file = join(folder, 'config.json')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const REQUESTS = ['default', 'image']

/** What is said of the config; fails when something falls over it, or is said without a place. */
function diagnose(config: unknown): { errors: readonly string[]; all: string } {
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
  const { errors } = reportOn(file, {})
  const lines = diagnosis(file, { env: {}, requests: REQUESTS })
  const all = lines.join('\n')
  expect(all).not.toMatch(/Cannot |not a function|not iterable|\bundefined\b|\[object|NaN/)
  for (const { line, column } of errors) {
    expect([line, column]).toEqual([expect.any(Number), expect.any(Number)])
  }
  return { errors: errors.map(({ message }) => message), all }
}

describe('every path of the config', () => {
  it('is in the whole example, which is right', () => {
    const absent = PLACES.filter(({ path }) => at(path) === undefined)
    expect(absent.map(({ path }) => pathText(path))).toEqual([])
    expect(diagnose(WHOLE).errors).toEqual([])
  })

  it.each(PLACES.filter(({ path }) => path.length > 0).map(({ path }) => [pathText(path), path]))(
    '%s may be missing, or its lack is said',
    (_, path) => {
      const { errors } = diagnose(changed(WHOLE, path, undefined))
      const key = String(path.at(-1))
      const owner = pathText(path.slice(0, -1))
      for (const error of errors) expect(error).toContain(`${owner} has no ${key}; expected `)
    },
  )

  it.each(PLACES.map(({ path }) => [pathText(path) || 'the config', path] as const))(
    '%s may be anything; what is wrong is said of this very place',
    (name, path) => {
      for (const wrong of WRONG) {
        if (path.length === 0 && wrong === null) continue
        const { errors } = diagnose(changed(WHOLE, path, wrong))
        for (const error of errors) expect(error).toContain(name)
      }
    },
  )

  it.each(
    PLACES.filter(({ kind }) => kind !== 'open').map(
      ({ path, kind }) => [pathText(path) || 'the config', path, kind] as const,
    ),
  )('%s may have a key too many, which is said', (name, path, kind) => {
    const { errors, all } = diagnose(changed(WHOLE, [...path, 'zzzz'], 1))
    const where = path.length === 0 ? 'zzzz' : `${name}.zzzz`
    const refused = expect.stringContaining(`${where} is not a key of ${name}; expected `) as string
    expect(errors).toEqual(kind === 'strict' ? [refused] : [])
    // Routers of the user's own have scenarios of their own; version 3 keeps more of a key.
    const takesOthers = name === 'Router' || name.includes('.credentials')
    if (kind === 'loose' && !takesOthers) expect(all).toContain(`${where} is not a key`)
  })
})
