/**
 * npm run test:live [-- --record FOLDER] [PROVIDER…]: asks the providers whose keys are set, says
 * aloud which it skips, and writes docs/verified.md unless providers are named. Costs a few hundred tokens each.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { table, verify } from './live.ts'
import { LIVE_ROWS } from './rows.ts'

const words = process.argv.slice(2)
const at = words.indexOf('--record')
const folder = at === -1 ? undefined : words.splice(at, 2)[1]
const rows = LIVE_ROWS.filter(({ name }) => words.length === 0 || words.includes(name))
const file = fileURLToPath(new URL('../../docs/verified.md', import.meta.url))

const results = []
for (const row of rows) {
  const result = await verify(row, process.env, folder !== undefined)
  const why = result.outcome === 'skipped' ? `SKIPPED: ${row.variable} is not set` : result.outcome
  process.stdout.write(`${row.name},${row.model}: ${why}\n`)
  results.push(result)
  if (folder === undefined) continue
  await mkdir(folder, { recursive: true })
  for (const [n, text] of result.recorded.entries()) {
    await writeFile(join(folder, `${row.name}-live.${String(n + 1)}.txt`), text)
  }
}
const date = new Date().toISOString().slice(0, 10)
const tested = results.filter(({ outcome }) => outcome !== 'skipped')
if (tested.length > 0 && words.length === 0) {
  await writeFile(file, table(results, date, await readFile(file, 'utf8').catch(() => '')))
}
const passed = tested.filter(({ outcome }) => outcome === 'verified').length
process.stdout.write(
  `${String(passed)} passed, ${String(tested.length - passed)} failed, ${String(results.length - tested.length)} skipped\n`,
)
process.exitCode = passed === tested.length ? 0 : 1
