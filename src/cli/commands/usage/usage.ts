/** `ccr usage`. */
import { homeFolder } from '../../../session/identity.ts'
import { createStore, hasDatabase } from '../../../store/store.ts'
import {
  type Grouping,
  GROUPINGS,
  type Span,
  type Sum,
  usageBy,
  usageOf,
} from '../../../store/usage.ts'
import { type Command, type Options, parseOptions, UsageError } from '../../command.ts'
import { json } from '../../terminal/output.ts'
import { tableStyle } from '../../terminal/table.ts'
import { usageCsv } from './csv.ts'
import { type Report, usageText } from './text.ts'
import { SORTS, sortingOf } from './sort.ts'
import { spanOf } from './span.ts'
import { docsPage } from '../../../lib/docs.ts'

const OPTIONS = {
  by: {
    type: 'string',
    value: 'WHAT',
    choices: GROUPINGS,
    summary: `${GROUPINGS.join(', ')} (default: model)`,
  },
  since: {
    type: 'string',
    value: 'WHEN',
    summary: '7d, 12h, 2026-11-01, today, all (default: 30d)',
  },
  until: {
    type: 'string',
    value: 'WHEN',
    summary: 'the end of the period, not included (default: now)',
  },
  sort: {
    type: 'string',
    value: 'WHAT',
    choices: SORTS,
    summary: `${SORTS.join(', ')} (default: cost)`,
  },
  json: { type: 'boolean', summary: 'an object for scripts' },
  csv: { type: 'boolean', summary: 'comma-separated values' },
} as const satisfies Options

export const command: Command = {
  name: 'usage',
  summary: 'show tokens, cost and times of requests by model, session, day, …',
  usage: 'ccr usage [--by WHAT] [--since WHEN] [--until WHEN] [--sort WHAT] [--json | --csv]',
  options: OPTIONS,
  details: [
    'Every request of every session is recorded in usage.db in ccr’s home, including those that ' +
      'failed or were cut off, with the tokens that the provider counted. Costs are in US dollars: ' +
      'what the provider reports as charged, otherwise calculated from Prices in the config or from a ' +
      'built-in catalogue. Requests without a known price are marked and not included in sums.',
    'The highest cost comes first; days are in chronological order. --sort changes that: first-token ' +
      'and speed list the fastest first, time the most recently used, model (or the value of --by) ' +
      'is alphabetical.',
    `More: ${docsPage('usage.md')}`,
  ],
  examples: [
    'ccr usage',
    'ccr usage --by day --since 7d',
    'ccr usage --sort requests',
    'ccr usage --by session --since 2026-11-01 --json',
  ],
  async run(argv, io) {
    const { env, stdout } = io
    const values = await parseOptions('usage', argv, OPTIONS)
    const by = groupingOf(values.by ?? 'model')
    const sorting = sortingOf(values.sort, by)
    const span = {
      since: spanOf('--since', values.since ?? '30d', Date.now()),
      until: values.until === undefined ? Infinity : spanOf('--until', values.until, Date.now()),
    }
    const found = await reportOf(homeFolder(env), by, span)
    const report = { ...found, groups: sorting(found.groups) }
    if (values.json) stdout.write(json(asJson(report)))
    else if (values.csv) stdout.write(usageCsv(by, report.groups))
    else stdout.write(usageText(report, tableStyle(io)))
    return 0
  },
}

async function reportOf(home: string, by: Grouping, span: Span): Promise<Report> {
  if (!hasDatabase(home)) return { by, span, groups: [], total: NONE }
  const store = createStore({ home })
  try {
    return await store.read((db) => ({
      by,
      span,
      groups: usageBy(db, by, span),
      total: usageOf(db, span),
    }))
  } finally {
    store.close()
  }
}

const NONE: Sum = {
  ...{ requests: 0, errors: 0, aborted: 0 },
  ...{ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
  ...{ cost: null, unpriced: 0, ttftMs: null, tokensPerSecond: null, durationMs: null },
}

function groupingOf(text: string): Grouping {
  const grouping = GROUPINGS.find((one) => one === text)
  if (grouping !== undefined) return grouping
  throw new UsageError(
    `ccr usage: --by ${text} is unknown.`,
    `Write one of: ${GROUPINGS.join(', ')}`,
  )
}

function asJson({ by, span: { since, until }, groups, total }: Report): object {
  return {
    by,
    since: new Date(since).toISOString(),
    until: Number.isFinite(until) ? new Date(until).toISOString() : null,
    groups: groups.map(({ from, to, ...group }) => ({
      ...group,
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
    })),
    total,
  }
}
