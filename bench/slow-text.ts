/**
 * Measures how long each reader of untrusted text takes for 100 KB of the text that is slowest for it.
 * The goal is 200 ms; the test suite checks the growth and a limit of two seconds. Called by
 * `npm run bench:text`; exits with 1 if the goal is missed.
 */
import { costOf, PIECES, READERS } from '../test/conformance/slow-text/readers.ts'

const GOAL_MS = 200
const SIZE = 100_000

const rows = Object.entries(READERS).map(([reader, read]) => {
  const costs = PIECES.map((piece) => ({
    piece,
    ms: costOf(read, piece.repeat(Math.ceil(SIZE / piece.length))),
  }))
  const [worst = { piece: '', ms: 0 }] = costs.sort((a, b) => b.ms - a.ms)
  return { reader, ...worst }
})

for (const { reader, piece, ms } of rows.sort((a, b) => b.ms - a.ms)) {
  const mark = ms > GOAL_MS ? '  over the goal' : ''
  process.stdout.write(
    `${ms.toFixed(1).padStart(8)} ms  ${reader} (${JSON.stringify(piece)})${mark}\n`,
  )
}
const missed = rows.filter(({ ms }) => ms > GOAL_MS).length
process.stdout.write(
  `${String(rows.length)} readers, ${String(missed)} over ${String(GOAL_MS)} ms\n`,
)
process.exitCode = missed === 0 ? 0 : 1
