/** The servers in docs/verified.md: one row for each API of each server, as the last run saw it. */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import type { Row } from './check.ts'

const FILE = fileURLToPath(new URL('../../docs/verified.md', import.meta.url))
const BEGIN = '<!-- servers: written by npm run test:real -->'
const END = '<!-- end of servers -->'

interface Run {
  readonly date: string
  /** The version of Claude Code. */
  readonly client: string
}

/** Writes the rows of the servers that ran; the others keep what stood there. */
export async function writeVerified(rows: readonly Row[], run: Run): Promise<void> {
  const text = withServers(await readFile(FILE, 'utf8'), rows, run)
  const options = { ...(await resolveConfig(FILE)), parser: 'markdown' }
  await writeFile(FILE, await format(text, options))
}

/** The page with rows for the servers that ran or did not start. Those that could not be installed stay as they were. */
export function withServers(page: string, rows: readonly Row[], run: Run): string {
  const from = page.indexOf(BEGIN)
  const to = page.indexOf(END)
  const before = from === -1 ? [] : tableLines(page.slice(from, to))
  const fresh = serverRows(rows, run)
  const kept = before.filter((line) => !fresh.some((other) => keyOf(other) === keyOf(line)))
  const lines = [...kept, ...fresh].sort()
  const section = [
    BEGIN,
    '',
    '| server | API | version | passed | cannot | failed | on | client |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    END,
  ].join('\n')
  return from === -1
    ? `${page.trimEnd()}\n\n${section}\n`
    : page.slice(0, from) + section + page.slice(to + END.length)
}

function tableLines(section: string): readonly string[] {
  return section
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|\s*(?:server\s|-)/.test(line))
    .map((line) => `| ${cellsOf(line).join(' | ')} |`)
}

const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
const keyOf = (line: string): string => cellsOf(line).slice(0, 2).join('|')

function serverRows(rows: readonly Row[], { date, client }: Run): readonly string[] {
  const ways = new Map<string, Row[]>()
  for (const row of rows.filter(({ way }) => way !== '')) {
    const key = `${row.server}|${row.way}`
    ways.set(key, [...(ways.get(key) ?? []), row])
  }
  return [...ways.values()].flatMap((list) => {
    const [first] = list
    if (first === undefined) return []
    const { server, way, version } = first
    const cell = (kind: string): string =>
      list
        .filter(({ outcome }) => outcome.kind === kind)
        .map(({ check, outcome }) =>
          outcome.kind === 'passed' ? check : `${check}: ${outcome.why}`,
        )
        .join('; ')
        .replaceAll('|', '/')
    const cells = [
      server,
      way,
      version,
      cell('passed'),
      cell('cannot'),
      cell('failed'),
      date,
      `Claude Code ${client}`,
    ]
    return [`| ${cells.join(' | ')} |`]
  })
}
