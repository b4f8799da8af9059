/**
 * Faulty providers under a real daemon, with the vendor's SDK on top. A fault in place of an answer
 * is never seen by the client; one within an answer is an error, and so is a request that is never
 * answered: nothing is requested, and paid, twice.
 */
import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomOf, seedOfRun } from '../faults/random.ts'
import { throwawayCcr, type Ccr, type LiveSession } from '../support/ccr.ts'
import { FAULTS } from './faults.ts'
import { answerTo, startProvider, type Trouble } from './provider.ts'

/** Until a silent provider is given up, ms: far over what a good answer takes, also on a busy machine. */
const SILENCE_MS = 5_000

const CONVERSATIONS = 200
const TURNS = 3
const AT_ONCE = 25
/** Of requests to the one provider that is in trouble. */
const FAULTY = 0.1
/** The real client repeats a failed request up to ten times. */
const TRIES = 10

let ccr: Ccr
let session: LiveSession
let steady: Trouble
let shaky: Trouble
let single: Trouble

const random = randomOf(seedOfRun())

beforeAll(async () => {
  steady = await startProvider(() => undefined)
  shaky = await startProvider(() =>
    random.below(1000) < FAULTY * 1000 ? random.one(FAULTS) : undefined,
  )
  single = await startProvider(
    (attempt) => FAULTS[Number(/^conversation single (\d+)/.exec(attempt)?.[1])],
  )
  const timeouts = { firstByte: SILENCE_MS, idle: SILENCE_MS }
  const provider = (name: string, api_base_url: string): object => ({
    name,
    api_base_url,
    api_key: 'k',
    models: [],
    timeouts,
  })
  ccr = await throwawayCcr({
    Providers: [
      provider('steady', steady.url),
      provider('shaky', shaky.url),
      provider('single', single.url),
      provider('gone', 'http://127.0.0.1:1/v1/chat/completions'),
    ],
    Router: { default: 'shaky,m' },
    fallback: { default: ['steady,m'] },
  })
  session = await ccr.start()
})

afterAll(async () => {
  await ccr.remove()
  for (const provider of [steady, shaky, single]) await provider.close()
})

interface Turn {
  readonly conversation: string
  readonly messages: readonly Anthropic.MessageParam[]
  readonly attempt: string
  readonly model?: string
}

/** One request of the client, without repetitions; gives the text of the answer. */
async function ask(turn: Turn): Promise<string> {
  const { conversation, messages, attempt, model = 'ccr-default' } = turn
  const sdk = new Anthropic({
    baseURL: session.baseUrl,
    authToken: session.token,
    apiKey: null,
    maxRetries: 0,
    timeout: 30_000,
    defaultHeaders: { 'x-claude-code-session-id': conversation },
  })
  const stream = sdk.messages.stream({ model, max_tokens: 1000, messages: [...messages] })
  stream.once('text', () => [shaky, single].forEach((provider) => provider.received(attempt)))
  const { content, stop_reason: stop } = await stream.finalMessage()
  expect(stop).toBe('end_turn')
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}

/** What the providers did for an attempt, in order. */
const servedFor = (attempt: string) =>
  [shaky, single, steady].flatMap(({ served }) => served.filter((one) => one.attempt === attempt))

describe.concurrent('a provider with something to fall back on', () => {
  it.each(FAULTS.map((fault, index) => [fault.name, fault, index] as const))(
    '%s',
    async (_, fault, index) => {
      const attempt = `conversation single ${String(index)}/turn 0/try 0`
      // A separate model, so that a fault does not affect the circuit breaker of the next test.
      const model = `single,m${String(index)}`
      const messages = [{ role: 'user' as const, content: `hello [${attempt}]` }]
      const reply = ask({ conversation: attempt, messages, attempt, model })
      if (fault.billed) {
        const error: unknown = await reply.catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(Error)
        expect(servedFor(attempt)).toHaveLength(1)
        if (fault.begun) return
        expect(String(error)).toContain('may have read the request')
        const { headers } = error as InstanceType<typeof Anthropic.APIError>
        expect(headers?.get('x-should-retry')).toBe('false')
      } else {
        expect(await reply).toBe(answerTo(attempt))
        expect(servedFor(attempt).map((one) => one.fault?.name)).toEqual([fault.name, undefined])
      }
    },
  )

  it('a refused connection', async () => {
    const attempt = 'conversation gone/turn 0/try 0'
    const messages = [{ role: 'user' as const, content: `hello [${attempt}]` }]
    const text = await ask({ conversation: attempt, messages, attempt, model: 'gone,m' })
    expect(text).toBe(answerTo(attempt))
  })
})

/** Whether the session answered with an error; a hanging request is not such an error. */
function isApiError(error: unknown): boolean {
  return error instanceof Anthropic.APIError && !(error instanceof Anthropic.APIConnectionError)
}

interface Ended {
  readonly tries: number
  readonly longestMs: number
}

/** A conversation as the real client has it: all turns so far in each request, failed ones again. */
async function converse(name: string): Promise<Ended> {
  const messages: Anthropic.MessageParam[] = []
  let [tries, longestMs] = [0, 0]
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (let attempt = 0; ; attempt += 1) {
      const named = `conversation ${name}/turn ${String(turn)}/try ${String(attempt)}`
      const question = { role: 'user' as const, content: `go on [${named}]` }
      const startedAt = performance.now()
      tries += 1
      const request = { conversation: name, messages: [...messages, question], attempt: named }
      const text = await ask(request).catch((error: unknown) => {
        if (attempt + 1 === TRIES || !isApiError(error)) throw error
        return undefined
      })
      longestMs = Math.max(longestMs, performance.now() - startedAt)
      if (text === undefined) continue
      expect(text).toBe(answerTo(named))
      messages.push(question, { role: 'assistant', content: text })
      break
    }
  }
  return { tries, longestMs }
}

it(`${String(CONVERSATIONS)} conversations under 10 % faults of one provider (seed ${String(random.seed)})`, async () => {
  const names = Array.from({ length: CONVERSATIONS }, (_, n) => `${String(n)} of many`)
  const ended: Ended[] = []
  const worker = async (): Promise<void> => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      ended.push(await converse(name))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  expect(ended).toHaveLength(CONVERSATIONS)

  const all = [...shaky.served, ...steady.served].filter(({ attempt }) => attempt.includes('many'))
  const faults = shaky.served.filter(({ fault }) => fault !== undefined)
  expect(faults).not.toEqual([])
  const billed = all.filter(({ fault }) => fault === undefined || fault.billed)
  // Once for each attempt: what has begun to answer is the only one that answers.
  expect(new Set(billed.map(({ attempt }) => attempt)).size).toBe(billed.length)
  const tries = ended.reduce((sum, one) => sum + one.tries, 0)
  // Only what has been billed, or may be, makes the client ask again.
  expect(tries - CONVERSATIONS * TURNS).toBe(faults.filter(({ fault }) => fault?.billed).length)
  const longest = Math.max(...ended.map(({ longestMs }) => longestMs))

  const { stdout } = await ccr.run(['status', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ state: 'running', requests: { running: 0 } })
  process.stdout.write(
    `  ${String(CONVERSATIONS)} conversations, ${String(tries)} requests, ` +
      `${String(faults.length)} faults of ${String(shaky.served.length)} requests to one provider, ` +
      `slowest request ${String(Math.round(longest))} ms\n`,
  )
})
