/** Beside the guide itself: no sentence of it is without a test that has it in its name. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { GUIDE, GUIDE_FILE } from '../support/requires.ts'

/** Lines that only lead to a list, of which every point has its test. */
const LEADS: readonly string[] = [
  'This ensures',
  'When using `CCR_MODEL_PREFERENCE`, the routing works as follows',
  "If the model override isn't working",
]

it('every sentence of the guide is the name of a test', GUIDE, () => {
  const sentences = sentencesOf(readFileSync(GUIDE_FILE, 'utf8'))
  expect(sentences.length).toBeGreaterThanOrEqual(40) // the guide was read
  const named = names()
  const missing = sentences.filter((sentence) => !named.includes(sentence))
  expect(missing.filter((sentence) => !LEADS.includes(sentence))).toEqual([])
})

/** The sentences, points and steps of its prose, in order; commands are run by blocks.test.ts. */
function sentencesOf(guide: string): string[] {
  const prose = guide.replaceAll(/^```.*?^```$/gms, '').replaceAll('**', '')
  return prose
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^#|^Output:|^Terminal \d/.test(line))
    .flatMap((line) => line.replace(/^(?:- |\d+\. )/, '').split(/(?<=\.) /))
    .map((sentence) => sentence.trim().replace(/[.:]$/, ''))
}

/** The text of the other tests, in which names stand as the guide has them. */
function names(): string {
  const folder = new URL('.', import.meta.url)
  const files = readdirSync(folder).filter(
    (name) => name.endsWith('.test.ts') && name !== 'sentences.test.ts',
  )
  const text = files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n')
  return [...text.matchAll(/'".*$/gm)].join('\n').replaceAll(/\\+(['"])/g, '$1')
}
