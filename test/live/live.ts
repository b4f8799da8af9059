/** A short tool conversation with each provider whose key is there; what came of it, and the answers. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { converseWith } from '../../src/cli/commands/doctor/live.ts'
import { shortcomings } from '../../src/cli/commands/doctor/conversation.ts'
import { emptyConfig } from '../../src/config/defaults.ts'
import { scrubbed } from './scrub.ts'
import type { LiveRow } from './rows.ts'

export interface Verified {
  readonly row: LiveRow
  /** `verified`, `skipped` (no key), or what went wrong. */
  readonly outcome: string
  /** The answers, one text each, without secrets; none unless they were to be recorded. */
  readonly recorded: readonly string[]
}

type Env = Readonly<Record<string, string | undefined>>

/** @param record keeps the provider's answers: the conversation goes through a relay on loopback. */
export async function verify(row: LiveRow, env: Env, record = false): Promise<Verified> {
  const key = env[row.variable]
  if (!key) return { row, outcome: 'skipped', recorded: [] }
  const relay = record ? await startRelay(row.url) : undefined
  try {
    const provider = {
      name: row.name,
      url: relay?.url ?? row.url,
      apiKey: key,
      models: [row.model],
      missing: [],
    }
    const parts = { provider, model: row.model, config: emptyConfig(), env }
    const lacks = shortcomings(await converseWith(parts))
    const answers = relay?.answers.map((text) => scrubbed(text, [key])) ?? []
    return { row, outcome: lacks === '' ? 'verified' : lacks, recorded: answers }
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.message : String(thrown)
    return { row, outcome: `failed: ${scrubbed(text, [key])}`, recorded: [] }
  } finally {
    await relay?.close()
  }
}

const HOP_HEADERS: ReadonlySet<string> = new Set(['host', 'connection', 'content-length'])

/** Passes requests on and keeps the bodies of the answers, never a header. */
async function startRelay(target: string) {
  const answers: string[] = []
  const { origin } = new URL(target)
  const server = createServer((req, res) => {
    void (async () => {
      const parts: Buffer[] = []
      for await (const part of req) parts.push(part as Buffer)
      const kept = Object.entries(req.headers).filter(([name]) => !HOP_HEADERS.has(name))
      const answer = await fetch(origin + (req.url ?? ''), {
        method: 'POST',
        headers: {
          ...(Object.fromEntries(kept) as Record<string, string>),
          'accept-encoding': 'identity',
        },
        body: Buffer.concat(parts),
      })
      const body = Buffer.from(await answer.arrayBuffer())
      answers.push(body.toString('utf8'))
      res.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? 'application/json',
      })
      res.end(body)
    })().catch(() => res.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: target.replace(origin, `http://127.0.0.1:${String(port)}`),
    answers,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Where the servers of `npm run test:real` begin in docs/verified.md. */
const SERVERS = '\n## Servers on this machine\n'

/** The table of docs/verified.md; rows that were skipped keep what stood there, and so do the servers behind it. */
export function table(results: readonly Verified[], date: string, before: string): string {
  const lines = results.map(({ row, outcome }) => {
    const old = before.split('\n').find((line) => line.split('|')[1]?.trim() === row.name)
    if (outcome === 'skipped') return old ?? `| ${row.name} | ${row.model} | not yet: no key | |`
    return `| ${row.name} | ${row.model} | ${outcome.replaceAll('|', '/')} | ${date} |`
  })
  return [
    '# Verified providers\n',
    '`npm run test:live` has a short conversation with a tool with every provider whose key is in the environment, as `ccr doctor --live PROVIDER` does. A row says what was seen on that day. Nothing is assumed about the other providers.\n',
    '| provider | model | outcome | on |',
    '| --- | --- | --- | --- |',
    ...lines,
    '',
  ]
    .join('\n')
    .concat(before.includes(SERVERS) ? before.slice(before.indexOf(SERVERS)) : '')
}
