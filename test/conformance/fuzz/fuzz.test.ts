import assert from 'node:assert/strict'
import { afterAll, describe, expect, it } from 'vitest'
import { createStreamInspector } from '../../../src/protocols/anthropic/stream-inspector.ts'
import { GatewayError } from '../../../src/messages/error.ts'
import { loadRows } from '../row.ts'
import { formatOf, nextFrames, runBytes, runCase, contentOfAnswer, seedlings } from './fuzz.ts'
import { seeded } from './random.ts'

/** Cases over all formats together; `FUZZ_CASES` overrides. */
const CASES = Number(process.env['FUZZ_CASES'] ?? 100_000)
/** `FUZZ_SEED=$RANDOM` breaks new ground; the same seed gives the same cases. */
const SEED = Number(process.env['FUZZ_SEED'] ?? 4)

const rows = await loadRows()
const translated = rows.flatMap((row) => {
  const format = formatOf(row)
  return format === undefined ? [] : [{ row, format }]
})

let casesRun = 0
afterAll(() => {
  process.stdout.write(`fuzz: ${String(casesRun)} cases, FUZZ_SEED=${String(SEED)}\n`)
})

describe('random frames, legal and damaged', () => {
  it.each(translated)(
    'of $row.name: legal events, an end, and GatewayErrors only',
    { timeout: 120_000 },
    async ({ row, format }) => {
      const random = seeded(SEED)
      const all = await seedlings(row, 300, random)
      const ends = { whole: 0, error: 0 }
      const wrong = new Map<string, string>()
      const count = Math.ceil(CASES / translated.length)
      for (let n = 0; n < count; n += 1) {
        const { frames, legal } = nextFrames(all, random)
        try {
          const end = runCase(format, frames, random)
          ends[end === 'error' ? end : 'whole'] += 1
          if (legal) {
            assert.deepEqual(end, legal.finish === undefined ? 'error' : contentOfAnswer(legal))
          }
        } catch (thrown) {
          const { message, stack = '' } = thrown as Error
          wrong.set(`${message}\n${stack.split('\n')[1] ?? ''}`, JSON.stringify(frames))
        }
      }
      casesRun += count
      const report = [...wrong].slice(0, Number(process.env['FUZZ_SHOW'] ?? 5))
      expect(report, `FUZZ_SEED=${String(SEED)}: ${String(wrong.size)} kinds`).toEqual([])
      expect(ends.whole).toBeGreaterThan(count / 20)
      expect(ends.error).toBeGreaterThan(count / 20)
    },
  )

  it.each(translated)(
    'of $row.name: bytes cut anywhere give the same answer, damaged ones a whole one or an error',
    { timeout: 120_000 },
    async ({ row, format }) => {
      const random = seeded(SEED)
      const all = await seedlings(row, 200, random)
      const count = Math.ceil(CASES / 100)
      for (let n = 0; n < count; n += 1) {
        const { answer, bytes } = random.of(all)
        const { end, intact } = await runBytes(row, format, bytes, random)
        if (!intact) continue
        assert.deepEqual(
          end,
          answer.finish === undefined ? 'error' : contentOfAnswer(answer),
          `FUZZ_SEED=${String(SEED)}, case ${String(n)}`,
        )
      }
      casesRun += count
    },
  )

  it('what passes through is never changed, and an end that is none is a GatewayError', () => {
    const random = seeded(SEED)
    const row = rows.find(({ name }) => name === 'anthropic')!
    const whole = Buffer.concat(row.frames({ pieces: [{ text: 'é😀' }], finish: 'end' }))
    for (let n = 0; n < 2_000; n += 1) {
      const bytes = Buffer.from(whole.subarray(0, random.below(whole.length + 1)))
      if (bytes.length > 0 && random.once(2)) bytes[random.below(bytes.length)] = random.below(256)
      const tap = createStreamInspector('p')
      const out: Uint8Array[] = []
      for (let at = 0; at < bytes.length;) {
        const size = 1 + random.below(60)
        const due = tap.push(bytes.subarray(at, at + size))
        if (due) out.push(Buffer.from(due))
        at += size
      }
      const passed = Buffer.concat(out)
      expect(bytes.subarray(0, passed.length).equals(passed)).toBe(true)
      try {
        tap.end()
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(GatewayError)
      }
    }
    casesRun += 2_000
  })
})
