import type { Call } from '../providers/configured/call.ts'
import type { Answer } from './answer.ts'
import { headerOf, htmlError } from './network-errors.ts'

/**
 * The answer, unless it is a web page. Pages say so in their content type, and some servers give it
 * to answers of an API too: then the first character tells.
 * @throws GatewayError for a page.
 */
export async function apiAnswer(answer: Answer, call: Call): Promise<Answer> {
  const type = headerOf(answer, 'content-type')?.toLowerCase() ?? ''
  if (!type.includes('html')) return answer
  const read: Uint8Array[] = []
  try {
    const text = new TextDecoder()
    let first: string | undefined
    while (first === undefined) {
      const next = await answer.body.next()
      if (next.done === true) break
      read.push(next.value)
      first = text.decode(next.value, { stream: true }).trimStart()[0]
    }
    if (first === '<') throw htmlError(call)
  } catch (thrown) {
    answer.release()
    throw thrown
  }
  return { ...answer, body: joined(read, answer.body), release: () => answer.release() }
}

async function* joined(
  read: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* read
    yield* rest
  } finally {
    void rest.return(undefined).catch(() => undefined)
  }
}
