/** The thread in which tokens are counted. It is a separate bundle: see tokenizer-thread.ts. */
import { parentPort } from 'node:worker_threads'
import { tokensOfText } from './tokenizer.ts'

/** Texts to count, and what names the answer. */
export interface Ask {
  readonly id: number
  readonly texts: readonly string[]
}

/** Tokens of each text. */
export interface Counted {
  readonly id: number
  readonly tokens: readonly number[]
}

parentPort?.on('message', ({ id, texts }: Ask) => {
  const counted: Counted = { id, tokens: texts.map(tokensOfText) }
  parentPort?.postMessage(counted)
})
