import { describe, expect, it } from 'vitest'
import { type ErrorKind, GatewayError } from '../../messages/error.ts'
import { type RetryLimits, failover, type Hop, type Candidate } from './failover.ts'
import { createCircuitBreaker, type CircuitBreaker } from './circuit-breaker.ts'

function candidate(name: string, window?: number): Candidate {
  const [model = '', key = '1'] = name.split('#')
  return { name, model, key: `${model.split(',')[0] ?? ''}#${key}`, window }
}
const fault = (kind: ErrorKind, facts = {}) => new GatewayError(kind, `${kind}!`, facts)

/** What each candidate does: chunks in order; an error ends it. */
type Steps = readonly (string | GatewayError)[]
/** The steps of every try, or of one try after the other. */
type Script = Readonly<Record<string, Steps | readonly Steps[]>>

function isTries(steps: Steps | readonly Steps[]): steps is readonly Steps[] {
  return Array.isArray(steps[0])
}

const ONCE: RetryLimits = {
  repeats: 0,
  repeatWithinMs: 1000,
  moveOnWithinMs: 60_000,
  afterSend: false,
}

interface Circumstances {
  readonly windows?: Readonly<Record<string, number>>
  readonly breaker?: CircuitBreaker
  readonly limits?: RetryLimits
  /** How long each try takes to fail or begin. */
  readonly takesMs?: number
}

async function run(
  script: Script,
  {
    windows = {},
    breaker = createCircuitBreaker(() => 0),
    limits = ONCE,
    takesMs = 0,
  }: Circumstances = {},
) {
  const opened: string[] = []
  const hops: Hop[] = []
  const chunks: string[] = []
  const pauses: number[] = []
  const tries = new Map<string, number>()
  let [now, givenUp] = [0, '']
  const [first, ...others] = Object.keys(script).map((name) => candidate(name, windows[name]))
  const answer = failover({
    candidates: [first!, ...others],
    breaker,
    limits,
    onHop: (hop) => hops.push(hop),
    onGivenUp: ({ name }) => (givenUp = name),
    signal: new AbortController().signal,
    time: {
      now: () => now,
      pause(ms) {
        pauses.push(ms)
        now += ms
        return Promise.resolve()
      },
    },
    async *open({ name }) {
      opened.push(name)
      now += takesMs
      await Promise.resolve()
      const nth = tries.get(name) ?? 0
      tries.set(name, nth + 1)
      const steps = script[name] ?? []
      for (const step of isTries(steps) ? (steps[nth] ?? []) : steps) {
        if (step instanceof GatewayError) throw step
        yield step
      }
    },
  })
  try {
    for await (const chunk of answer) chunks.push(chunk)
    return { opened, hops, chunks, pauses, givenUp, error: undefined }
  } catch (error) {
    return { opened, hops, chunks, pauses, givenUp, error: error as GatewayError }
  }
}

describe('failover', () => {
  it('moves on while nothing was given, and reports which candidates failed', async () => {
    const result = await run({
      a: [fault('overloaded_error')],
      b: [fault('timeout_error')],
      c: ['x', 'y'],
    })
    expect(result.chunks).toEqual(['x', 'y'])
    expect(result.hops).toEqual([
      { lane: 'a', kind: 'overloaded_error', status: 529 },
      { lane: 'b', kind: 'timeout_error', status: 504 },
    ])
  })

  it('never moves on after the first chunk', async () => {
    const result = await run({ a: ['x', fault('api_error')], b: ['y'] })
    expect(result).toMatchObject({ opened: ['a'], chunks: ['x'], error: { kind: 'api_error' } })
  })

  it('gives the error of the first candidate when all fail', async () => {
    const result = await run({
      a: [fault('rate_limit_error', { retryAfter: '3' })],
      b: [fault('api_error')],
    })
    expect(result).toMatchObject({
      opened: ['a', 'b'],
      hops: [{ lane: 'a' }, { lane: 'b' }],
      givenUp: 'a',
      error: { kind: 'rate_limit_error' },
    })
  })

  it('says with it when the soonest candidate is worth another try', async () => {
    const limited = (retryAfter: string) => fault('rate_limit_error', { retryAfter })
    const both = await run({ a: [limited('60')], b: [limited('7')] })
    expect(both.error).toMatchObject({ message: 'rate_limit_error!', retryAfter: '7' })
    const one = await run({ a: [limited('60')], b: [fault('overloaded_error')] })
    expect(one.error?.retryAfter).toBeUndefined()
    const alone = await run({ a: [limited('60')] })
    expect(alone).toMatchObject({ hops: [], error: { retryAfter: '60' } })
  })

  describe('a provider that cannot be reached', () => {
    const gone = fault('api_error', { status: 502, unreachable: true })
    const USUAL: RetryLimits = { ...ONCE, repeats: 2, repeatWithinMs: 10_000 }

    it('is waited for some seconds, and then the client is advised against retries', async () => {
      const result = await run({ a: [gone] }, { limits: USUAL })
      expect(result.pauses).toEqual([300, 600, 1200, 2400])
      expect(result.error).toMatchObject({ status: 502, shouldRetry: false })
    })

    it('answers as soon as it has started', async () => {
      const result = await run({ a: [[gone], [gone], [gone], [gone], ['x']] }, { limits: USUAL })
      expect(result).toMatchObject({ chunks: ['x'], error: undefined })
    })

    it('is not waited for when it was known to be down', async () => {
      const breaker = createCircuitBreaker(() => 0)
      await run({ a: [gone] }, { breaker, limits: USUAL })
      const result = await run({ a: [gone] }, { breaker, limits: USUAL })
      expect(result).toMatchObject({ opened: ['a'], pauses: [], error: { shouldRetry: false } })
    })

    it('is not waited for where nothing is to be retried, nor beyond the time for it', async () => {
      expect((await run({ a: [gone] })).opened).toEqual(['a'])
      const short = { ...USUAL, repeatWithinMs: 1_000 }
      expect((await run({ a: [gone] }, { limits: short })).pauses).toEqual([300, 600])
    })

    it('lets the client retry where another target may come back', async () => {
      const result = await run({ a: [gone], b: [fault('overloaded_error')] }, { limits: USUAL })
      expect(result.error?.shouldRetry).not.toBe(false)
    })

    it('ends the request together with others that cannot help', async () => {
      const refused = fault('authentication_error')
      const result = await run({ a: [gone], b: [refused] }, { limits: USUAL })
      expect(result.error).toMatchObject({ status: 502, shouldRetry: false })
    })
  })

  it("does not take the request's own fault elsewhere", async () => {
    expect((await run({ a: [fault('invalid_request_error')], b: ['x'] })).opened).toEqual(['a'])
  })

  it('takes a prompt that is too long only to a larger window', async () => {
    const long = fault('invalid_request_error', { overflow: true })
    const script = { a: [long], small: ['no'], unknown: ['no'], large: ['yes'] }
    const result = await run(script, { windows: { a: 100, small: 50, large: 200 } })
    expect(result).toMatchObject({ opened: ['a', 'large'], chunks: ['yes'] })
  })

  it('tries a candidate in a cooldown last, but tries it', async () => {
    const breaker = createCircuitBreaker(() => 0)
    breaker.failed(candidate('a'), fault('authentication_error'))
    expect((await run({ a: ['x'], b: ['y'] }, { breaker })).opened).toEqual(['b'])
    expect((await run({ a: ['x'], b: [fault('api_error')] }, { breaker })).opened).toEqual([
      'b',
      'a',
    ])
  })

  it('tries no other candidate once part of an answer has come', async () => {
    const broken = fault('api_error', { partial: true })
    const script = { a: [broken], b: ['y'] }
    const twice = { ...ONCE, repeats: 2 }
    expect(await run(script, { limits: twice })).toMatchObject({ opened: ['a'], error: broken })
  })

  it('tries no other candidate, nor the same again, once a provider may have read the request, and says so', async () => {
    const lost = fault('api_error', { status: 502, unanswered: true })
    const script = { a: [fault('overloaded_error')], b: [lost], c: ['y'] }
    const result = await run(script, { limits: { ...ONCE, repeats: 2 } })
    expect(result).toMatchObject({
      opened: ['a', 'b'],
      hops: [{ lane: 'a' }],
      error: {
        status: 502,
        shouldRetry: false,
        message: expect.stringMatching(/^api_error!\. .*may have read.*Retry\.afterSend/) as string,
      },
    })
    const alone = await run({ a: [lost] }, { limits: { ...ONCE, repeats: 2 } })
    expect(alone).toMatchObject({ opened: ['a'], error: { shouldRetry: false } })
  })

  it('goes on after that where the config says so', async () => {
    const lost = fault('api_error', { status: 502, unanswered: true })
    const limits = { ...ONCE, repeats: 2, repeatWithinMs: 10_000, afterSend: true }
    expect(await run({ a: [lost], b: ['y'] }, { limits })).toMatchObject({ chunks: ['y'] })
    expect(await run({ a: [[lost], ['y']] }, { limits })).toMatchObject({ opened: ['a', 'a'] })
    const { error } = await run({ a: [[lost], [lost], [lost]] }, { limits })
    expect(error).toMatchObject({ message: 'api_error!', shouldRetry: undefined })
  })

  it('takes a prompt that is too long to a window larger than the provider says it has', async () => {
    const long = fault('invalid_request_error', { overflow: true, limit: 128 })
    const script = { a: [long], small: ['no'], large: ['yes'] }
    const result = await run(script, { windows: { small: 128, large: 200 } })
    expect(result.opened).toEqual(['a', 'large'])
  })

  it('tries the next key for what is wrong with one, and the next model when a server is down', async () => {
    const script = (kind: ErrorKind) => ({ 'p,m#1': [fault(kind)], 'p,m#2': ['2'], 'q,n': ['q'] })
    expect((await run(script('rate_limit_error'))).chunks).toEqual(['2'])
    expect((await run(script('authentication_error'))).chunks).toEqual(['2'])
    expect((await run(script('timeout_error'))).chunks).toEqual(['q'])
    expect((await run(script('api_error'))).chunks).toEqual(['q'])
  })

  it('does not try another model with a key that was refused', async () => {
    const script = { 'p,m': [fault('authentication_error')], 'p,n': ['no'], 'q,n': ['yes'] }
    expect((await run(script)).opened).toEqual(['p,m', 'q,n'])
  })
})

describe('a client that goes away', () => {
  /** One candidate; the client leaves when `leave` is called. */
  function leaving(open: (leave: () => void) => AsyncGenerator<string>) {
    const gone = new AbortController()
    const breaker = createCircuitBreaker(() => 0)
    const answer = failover({
      candidates: [candidate('a')],
      breaker,
      limits: { ...ONCE, repeats: 2 },
      onHop: () => undefined,
      onGivenUp: () => undefined,
      signal: gone.signal,
      time: { now: () => 0, pause: () => Promise.resolve() },
      open: () => open(() => gone.abort()),
    })
    return { answer, breaker }
  }
  const refused = fault('authentication_error')

  it('is not the failure of the provider, before it has answered and in the middle', async () => {
    for (const first of [[], ['x']]) {
      const { answer, breaker } = leaving(async function* (leave) {
        await Promise.resolve()
        yield* first
        leave()
        throw refused
      })
      const read = async (): Promise<void> => {
        for await (const chunk of answer) expect(chunk).toBe('x')
      }
      await expect(read()).rejects.toMatchObject({ kind: refused.kind })
      expect([breaker.cooldownMs(candidate('a')), breaker.admits(candidate('a'))]).toEqual([
        0,
        true,
      ])
    }
  })

  it('lets the upstream go, also at the first chunk', async () => {
    for (const chunks of [1, 2]) {
      let released = false
      const { answer, breaker } = leaving(async function* () {
        try {
          await Promise.resolve()
          for (;;) yield 'x'
        } finally {
          released = true
        }
      })
      for (let n = 0; n < chunks; n += 1) await answer.next()
      await answer.return(undefined)
      expect(released).toBe(true)
      expect(breaker.admits(candidate('a'))).toBe(true)
    }
  })
})

describe('a client that leaves while a target fails', () => {
  /** Two targets that fail; the client leaves at the first failure, or in the pause behind both. */
  async function tried(leavesIn: 'target' | 'pause', errors: readonly GatewayError[]) {
    const gone = new AbortController()
    const opened: string[] = []
    const hops: Hop[] = []
    const breaker = createCircuitBreaker(() => 0)
    const answer = failover({
      candidates: [candidate('a'), candidate('b')],
      breaker,
      limits: { ...ONCE, repeats: 2, repeatWithinMs: 10_000 },
      onHop: (hop) => hops.push(hop),
      onGivenUp: () => undefined,
      signal: gone.signal,
      time: {
        now: () => 0,
        pause() {
          if (leavesIn === 'pause') gone.abort()
          return Promise.resolve()
        },
      },
      // eslint-disable-next-line require-yield -- it fails before its first piece
      async *open({ name }): AsyncGenerator<string> {
        await Promise.resolve()
        opened.push(name)
        if (leavesIn === 'target') gone.abort()
        throw errors[name === 'a' ? 0 : 1] as GatewayError
      },
    })
    await expect(answer.next()).rejects.toBeInstanceOf(GatewayError)
    return { opened, breaker }
  }
  const broken = fault('api_error')

  it('has no other candidate tried', async () => {
    expect((await tried('target', [broken, broken])).opened).toEqual(['a'])
  })

  it('has no candidate tried again', async () => {
    expect((await tried('pause', [broken, broken])).opened).toEqual(['a', 'b'])
    const gone = fault('api_error', { unreachable: true })
    expect((await tried('pause', [gone, gone])).opened).toEqual(['a', 'b'])
  })

  it('does not count against the target: each of its failures would have tripped the breaker', async () => {
    const limited = fault('rate_limit_error', { retryAfter: '60' })
    const { breaker } = await tried('target', [limited, limited])
    expect(breaker.cooldownMs(candidate('a'))).toBe(0)
  })
})

describe('the outcome of an answer', () => {
  /** Reads to the end what the script of one candidate gives. */
  async function breakerAfter(script: Script, times: number) {
    const breaker = createCircuitBreaker(() => 0)
    for (let n = 0; n < times; n += 1) await run(script, { breaker })
    return breaker
  }

  it('that breaks off counts against its target', async () => {
    const breaker = await breakerAfter({ a: ['x', fault('api_error')] }, 3)
    expect(breaker.admits(candidate('a'))).toBe(false)
  })

  it('that came whole counts for it', async () => {
    const breaker = createCircuitBreaker(() => 0)
    const down = { a: [fault('api_error')] }
    const well = { a: ['x'] }
    for (const script of [down, down, well, down]) await run(script, { breaker })
    expect(breaker.admits(candidate('a'))).toBe(true)
  })
})

describe('what a failed request says', () => {
  it('is described for each target', async () => {
    const described: string[] = []
    const [first, second] = [fault('authentication_error'), fault('api_error')]
    const answer = failover({
      candidates: [candidate('a'), candidate('b')],
      breaker: createCircuitBreaker(() => 0),
      limits: ONCE,
      onHop: () => undefined,
      onGivenUp: () => undefined,
      signal: new AbortController().signal,
      time: { now: () => 0, pause: () => Promise.resolve() },
      describe(error, { name }) {
        described.push(name)
        return error.adding(`(of ${name})`)
      },
      // eslint-disable-next-line require-yield -- it fails before its first piece
      async *open({ name }): AsyncGenerator<string> {
        await Promise.resolve()
        throw name === 'a' ? first : second
      },
    })
    await expect(answer.next()).rejects.toMatchObject({ message: 'authentication_error! (of a)' })
    expect(described).toEqual(['a', 'b'])
  })

  it('keeps the advice of the first target against retries', async () => {
    const never = fault('api_error', { shouldRetry: false })
    const limited = fault('rate_limit_error', { retryAfter: '7' })
    const result = await run({ a: [never], b: [limited] })
    expect(result.error).toMatchObject({ kind: 'api_error', shouldRetry: false })
    expect(result.error?.retryAfter).toBeUndefined()
  })

  it('advises against retries where no target would do better', async () => {
    const refused = fault('permission_error', { shouldRetry: false })
    const long = fault('invalid_request_error', { overflow: true })
    const result = await run({ a: [refused], b: [long] }, { windows: { a: 9, b: 9 } })
    expect(result.error).toMatchObject({ kind: 'permission_error', shouldRetry: false })
    const alone = await run({ a: [fault('overloaded_error')] })
    expect(alone.error?.shouldRetry).toBeUndefined()
  })

  it('is found out after eight tries at most, however many targets there are', async () => {
    const script = Object.fromEntries(
      Array.from({ length: 12 }, (_, n) => [`p${String(n)},m`, [fault('overloaded_error')]]),
    )
    expect((await run(script)).opened).toHaveLength(8)
    const limits = { ...ONCE, repeats: 10, repeatWithinMs: 10_000_000 }
    const result = await run({ a: [fault('api_error')] }, { limits, breaker: NO_COOLDOWN })
    expect(result.opened).toHaveLength(8)
  })

  it('does not depend on a target without a window where it is not known how long is too long', async () => {
    const long = fault('invalid_request_error', { overflow: true })
    expect((await run({ a: [long], b: ['x'] }, { windows: { b: 1e9 } })).opened).toEqual(['a'])
  })

  it('is not sent on once it is too large for one', async () => {
    const large = fault('request_too_large')
    const limits = { ...ONCE, repeats: 2, repeatWithinMs: 10_000 }
    expect((await run({ a: [large], b: ['x'] }, { limits })).opened).toEqual(['a'])
  })
})

const NO_COOLDOWN: CircuitBreaker = {
  admits: () => true,
  succeeded: () => undefined,
  failed: () => undefined,
  cooldownMs: () => 0,
}

describe('a retry', () => {
  const limits = { ...ONCE, repeats: 2, repeatWithinMs: 10_000 }
  const down = [fault('api_error')]

  it('follows when all have failed with what may be over in a moment, after a growing pause', async () => {
    const result = await run({ a: [down, down, ['at last']] }, { limits })
    expect(result).toMatchObject({
      opened: ['a', 'a', 'a'],
      pauses: [300, 600],
      chunks: ['at last'],
      hops: [{ lane: 'a' }, { lane: 'a' }],
    })
  })

  it('tries the first model again, after all others', async () => {
    const result = await run({ a: [down, ['yes']], b: down }, { limits })
    expect(result).toMatchObject({ opened: ['a', 'b', 'a'], chunks: ['yes'] })
  })

  it.each([
    ['a time was named', fault('overloaded_error', { retryAfter: '1' })],
    ['a limit was hit', fault('rate_limit_error')],
    ['the provider took too long', fault('timeout_error')],
    ['a key was refused', fault('authentication_error')],
    ['the request is at fault', fault('invalid_request_error')],
    ['the upstream advises against it', fault('api_error', { shouldRetry: false })],
  ])('does not follow when %s', async (_, error) => {
    expect((await run({ a: [error] }, { limits })).opened).toEqual(['a'])
  })

  it('does not follow when its time is over, or the candidate is in a cooldown', async () => {
    expect((await run({ a: down }, { limits, takesMs: 9_800 })).opened).toEqual(['a'])
    const breaker = createCircuitBreaker(() => 0)
    for (let i = 0; i < 2; i += 1) breaker.failed(candidate('a'), fault('api_error'))
    expect((await run({ a: down }, { limits, breaker })).opened).toEqual(['a'])
  })

  it('and every further candidate are given up when the time of the request is over', async () => {
    const script = { a: [fault('timeout_error')], b: ['too late'] }
    expect((await run(script, { limits, takesMs: 60_001 })).opened).toEqual(['a'])
  })
})
