/**
 * `npm run drift`: what the installed Claude Code sends, beside the accepted record (record.json).
 *
 *     npm run drift                               the pinned client
 *     CLAUDE_CODE_VERSION=latest npm run drift    another version, or the newest
 *     npm run drift -- --recorded                 the version that the record is of
 *     npm run drift -- --accept                   writes the record
 *     npm run drift -- --json                     the differences as JSON
 *
 * Exit code: 0 the same, 1 different, 2 it could not be found out.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { chosenClient } from '../e2e/choose-client.ts'
import { compact, type CompactRecord, expanded } from './compact.ts'
import { differences, printed } from './compare.ts'
import { recordOf } from './drive.ts'

const FILE = join(import.meta.dirname, 'record.json')
const { values: wants } = parseArgs({
  options: {
    accept: { type: 'boolean', default: false },
    recorded: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

async function run(): Promise<number> {
  const record = expanded(JSON.parse(readFileSync(FILE, 'utf8')) as CompactRecord)
  const { claude, version } = chosenClient(wants.recorded ? record.client : undefined)
  const client = await recordOf(claude, version)
  const list = differences(record, client)
  const title = `Claude Code ${version} beside the record of ${record.client}`
  if (wants.json)
    process.stdout.write(
      `${JSON.stringify({ client: version, record: record.client, differences: list }, null, 2)}\n`,
    )
  else process.stdout.write(`${title}: ${summary(list.length)}\n${printed(list)}`)
  if (wants.accept) {
    const options = { ...(await resolveConfig(FILE)), parser: 'json' }
    writeFileSync(FILE, await format(JSON.stringify(compact(client)), options))
    return 0
  }
  if (list.length > 0 && !wants.json) process.stdout.write(ADVICE)
  return list.length === 0 ? 0 : 1
}

const summary = (count: number): string =>
  count === 0 ? 'nothing differs' : count === 1 ? '1 difference' : `${String(count)} differences`

const ADVICE =
  'How to read and accept this: docs/keeping-up.md. To accept it: npm run drift -- --accept, with the same client.\n'

try {
  process.exitCode = await run()
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`)
  process.exitCode = 2
}
