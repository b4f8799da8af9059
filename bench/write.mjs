/**
 * Writes the tables of a result into a document, each between its markers `<!-- bench:NAME -->` and
 * `<!-- /bench:NAME -->`; the prose around them stays. `node bench/write.mjs RESULT.json [DOCUMENT]`
 * does it for a run of before.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { markdown } from './lib/table.mjs'
import { tablesOf } from './report.mjs'

export const DOCUMENT = fileURLToPath(new URL('../docs/performance.md', import.meta.url))

/** @returns the names of the tables that the document has no place for. */
export async function writeTables(result, document = DOCUMENT) {
  let text = await readFile(document, 'utf8')
  const missing = []
  for (const { name, rows } of tablesOf(result)) {
    const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
    const [from, to] = [text.indexOf(open), text.indexOf(close)]
    if (from === -1 || to < from) missing.push(name)
    else text = `${text.slice(0, from + open.length)}\n\n${markdown(rows)}\n\n${text.slice(to)}`
  }
  const options = await resolveConfig(document)
  await writeFile(document, await format(text, { ...options, filepath: document }))
  return missing
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file, document] = process.argv
  const missing = await writeTables(JSON.parse(await readFile(file, 'utf8')), document)
  if (missing.length > 0) console.log(`no place for ${missing.join(', ')}`)
}
