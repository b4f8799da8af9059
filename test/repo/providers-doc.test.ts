/**
 * What docs/providers.md says of each provider, made from the definitions in src/providers/.
 * `npx vitest run FILE -u` writes it; the text around it is written by hand.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { expect, it } from 'vitest'
import type { AuthName } from '../../src/providers/auth/auth.ts'
import type { ProviderDefinition, Sourced } from '../../src/providers/definition.ts'
import { PROVIDERS } from '../../src/providers/index.ts'

const DOC = '../../docs/providers.md'
const FILE = fileURLToPath(new URL(DOC, import.meta.url))

const KEY: Readonly<Record<AuthName, string>> = {
  bearer: 'bearer',
  'x-api-key': '`x-api-key`',
  'x-api-key and bearer': '`x-api-key`, bearer',
  'x-goog-api-key': '`x-goog-api-key`',
  'api-key': '`api-key`',
  aws: 'below',
  google: 'below',
}

const LISTED = PROVIDERS.filter(({ docs }) => docs.addresses.length > 0)

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

function nameOf({ id, title }: ProviderDefinition): string {
  return title === undefined || title === id ? `\`${id}\`` : `${title} (\`${id}\`)`
}

/** `https://… (Claude)`: what follows the address is a remark. */
function addressOf(text: string): string {
  return text.replace(/^\S+/, (address) => code(address))
}

function code(text: string): string {
  return `\`${text}\``
}

function addresses(): string {
  const rows = LISTED.map((provider) => {
    const { docs, kind, auth, names = [] } = provider
    const key = docs.key ?? (kind === 'local' ? 'none needed' : KEY[auth])
    return [
      nameOf(provider),
      names.map((name) => `\`${name}\``).join(', '),
      docs.addresses.map(addressOf).join(', '),
      key,
    ]
  })
  return table(['provider', 'other names', '`api_base_url`, for instance', 'key'], rows)
}

/** A fact, with a link to the page that it comes from. */
function linked(text: string, { source }: Pick<Sourced<unknown>, 'source'>): string {
  const url = /https:\/\/[^\s)]+/.exec(source)?.[0]
  return url === undefined ? text : `[${text}](${url})`
}

/** `maxTokens: max_completion_tokens`; `files` where a word says it all. */
function quirk(name: string, value: unknown): string {
  if (value === true) return code(name)
  const text = value instanceof RegExp ? String(value) : JSON.stringify(value).replaceAll('"', '')
  return typeof value === 'object' && text.startsWith('{') ? code(name) : code(`${name}: ${text}`)
}

function quirksOf({ quirks = {}, geminiQuirks = {} }: ProviderDefinition): string {
  return Object.entries<Sourced<unknown>>({ ...quirks, ...geminiQuirks })
    .map(([name, fact]) => linked(quirk(name, fact.value), fact))
    .join(', ')
}

function reasoningOf({ reasoning }: ProviderDefinition): string {
  if ('none' in reasoning) return ''
  const fields = reasoning.value.flatMap(({ toggle, effort }) => [toggle, effort])
  const names = [...new Set(fields.filter((field) => field !== undefined))]
  return `reasoning by ${linked(names.map(code).join(', '), reasoning)}`
}

/** A line for each provider; none for one that is forwarded as it is. */
function differences(): string {
  return LISTED.flatMap((provider) => {
    const { webSearch, cost } = provider
    const parts = [
      quirksOf(provider),
      reasoningOf(provider),
      webSearch ? linked('web search', webSearch) : '',
      cost ? linked('reports its cost', cost) : '',
    ].filter(Boolean)
    return parts.length === 0 ? [] : [`- **${provider.id}**: ${parts.join('; ')}`]
  }).join('\n')
}

function sections(): string {
  return PROVIDERS.flatMap(({ docs: { section } }) =>
    section === undefined ? [] : [`## ${section.title}\n\n${section.text}`],
  ).join('\n\n')
}

/** The page with a part written anew, between `<!-- NAME: written by a test -->` and `<!-- end of NAME -->`. */
function withPart(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}: written by a test -->`, `<!-- end of ${name} -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`docs/providers.md has no ${begin} … ${end}`)
  return `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`
}

it('docs/providers.md says what the definitions say', async () => {
  const parts = { addresses: addresses(), sections: sections(), differences: differences() }
  const text = Object.entries(parts).reduce(
    (page, [name, part]) => withPart(page, name, part),
    readFileSync(FILE, 'utf8'),
  )
  const options = { ...(await resolveConfig(FILE)), parser: 'markdown' }
  await expect(await format(text, options)).toMatchFileSnapshot(DOC)
})
