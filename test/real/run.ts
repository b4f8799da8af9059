/**
 * npm run test:real [-- [--record] [--brief | --whole] [SERVER…]]: installs pinned model servers into a cache folder, starts
 * each on loopback, and has a session of ccr, `ccr doctor --live` and the real Claude Code work with it.
 * `--record` has the conversation alone and keeps the
 * servers' answers in recordings/; `--brief` leaves out the client's whole request,
 * which takes minutes on a small machine, and `--whole` runs nothing else. A run in which no server is named
 * writes docs/verified.md.
 *
 * A server that cannot be installed is a row that says why and counts as failed, so that a download that
 * fails is never a pass; the others are run all the same. On a machine where one of them cannot be
 * had, name the others.
 *
 * Exit code: 0 if every row passed or says what a server cannot, 1 otherwise.
 */
import { chosenClient } from '../e2e/choose-client.ts'
import { writeRecording } from './recordings.ts'
import { SERVERS } from './servers/index.ts'
import { closeHomes, runServer } from './suite.ts'
import { asTable, totalsOf } from './table.ts'
import { writeVerified } from './verified.ts'

const words = process.argv.slice(2)
const isRecording = words.includes('--record')
const parts = {
  conversation: !words.includes('--whole'),
  rest: !words.includes('--whole') && !isRecording,
  whole: !words.includes('--brief') && !isRecording,
}
const names = words.filter((word) => !word.startsWith('--'))
const unknown = names.filter((name) => !SERVERS.some(({ id }) => id === name))
if (unknown.length > 0) {
  const known = SERVERS.map(({ id }) => id).join(', ')
  process.stderr.write(`There is no server ${unknown.join(', ')}. Servers: ${known}.\n`)
  process.exit(2)
}
const chosen = SERVERS.filter(({ id }) => names.length === 0 || names.includes(id))
const log = (line: string): void => void process.stdout.write(`${line}\n`)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void closeHomes().finally(() => process.exit(130)))
}

log('What these tests download, where it is not in the cache yet:')
for (const { title, downloads } of chosen) log(`  ${title}: ${downloads}`)
const { claude, version } = chosenClient()
log(`The client is Claude Code ${version}.`)

const date = new Date().toISOString().slice(0, 10)
const rows = []
for (const server of chosen) {
  const ran = await runServer({ server, claude, log, parts })
  rows.push(...ran.rows)
  if (isRecording && ran.answers.length > 0) {
    const { model, answers } = ran
    await writeRecording({ server: server.id, version: server.version, date, model, answers })
  }
}
if (!isRecording && names.length === 0) await writeVerified(rows, { date, client: version })
log(`\n${asTable(rows)}\n${totalsOf(rows)}`)
process.exitCode = rows.some(({ outcome }) => outcome.kind === 'failed') ? 1 : 0
