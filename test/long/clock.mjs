/**
 * Loaded into ccr's processes with NODE_OPTIONS=--import, so that a test can move their time forward.
 * The file LONG_CLOCK holds the number of ms; a process follows in small steps, so that all of its
 * timers fire in order, and writes its progress to LONG_CLOCK.PID. Apart from that, time passes
 * normally.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { Socket } from 'node:net'
import timersPromises from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'

/** How often the file is looked at, ms. */
const LOOK_MS = 25
/** Into how many steps a way forward is divided, and what lies between them, ms. */
const STEPS = 300
const BETWEEN_MS = 2
/** Node takes a longer delay for one of 1 ms. */
const LONGEST_MS = 2 ** 31 - 1

const file = process.env.LONG_CLOCK
if (file && isMainThread && process.argv[1]?.endsWith('ccr.js')) moveTime(file)

function moveTime(file) {
  const target = () => {
    try {
      return Number(readFileSync(file, 'utf8')) || 0
    } catch {
      return 0
    }
  }
  const real = { Date, setTimeout, setInterval, now: performance.now.bind(performance) }
  /** By how much this process is ahead, ms. */
  let ahead = target()
  const now = () => real.now() + ahead
  const say = () => writeFileSync(`${file}.${process.pid}`, String(ahead))
  say()

  globalThis.Date = class Date extends real.Date {
    constructor(...given) {
      if (given.length === 0) super(real.Date.now() + ahead)
      else super(...given)
    }
    static now() {
      return real.Date.now() + ahead
    }
  }
  performance.now = now

  /** Timers that wait, and when they are due by our time. */
  const due = new Map()
  const refresh = Object.getPrototypeOf(real.setTimeout(() => undefined, 0)).refresh
  const follow = (timer, ms) => {
    due.set(timer, now() + ms)
    timer.refresh = () => {
      due.set(timer, now() + ms)
      timer._idleTimeout = Math.max(1, ms)
      return refresh.call(timer)
    }
    return timer
  }
  const timed =
    (start, isRepeated) =>
    (run, ms = 1, ...args) => {
      const timer = start(() => {
        if (isRepeated) due.set(timer, now() + ms)
        else due.delete(timer)
        run(...args)
      }, ms)
      return follow(timer, ms > LONGEST_MS ? 1 : ms)
    }
  globalThis.setTimeout = timed(real.setTimeout, false)
  globalThis.setInterval = timed(real.setInterval, true)

  timersPromises.setTimeout = (ms, value, { signal, ref = true } = {}) =>
    new Promise((resolve, reject) => {
      const abort = () => {
        clearTimeout(timer)
        reject(signal.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort)
        resolve(value)
      }, ms)
      if (!ref) timer.unref()
      signal?.addEventListener('abort', abort, { once: true })
      if (signal?.aborted) abort()
    })
  syncBuiltinESMExports()

  AbortSignal.timeout = (ms) => {
    const controller = new AbortController()
    const late = () => controller.abort(new DOMException('too late', 'TimeoutError'))
    setTimeout(late, ms).unref()
    return controller.signal
  }

  // What node:http waits for on its connections: a request on an idle one.
  const { setTimeout: wait } = Socket.prototype
  Socket.prototype.setTimeout = function (ms, ...args) {
    wait.call(this, ms, ...args)
    const [timerKey] = Object.getOwnPropertySymbols(this).filter(
      ({ description }) => description === 'timeout',
    )
    const timer = timerKey && this[timerKey]
    if (timer && ms > 0) follow(timer, ms)
    return this
  }

  const step = (stepMs, goal) => {
    ahead = Math.min(goal, ahead + stepMs)
    const waiting = [...due].sort(([, one], [, other]) => one - other)
    for (const [timer, at] of waiting) {
      if (timer._destroyed) {
        due.delete(timer)
        continue
      }
      timer._idleTimeout = Math.max(1, Math.ceil(at - now()))
      refresh.call(timer)
    }
    if (ahead < goal) real.setTimeout(step, BETWEEN_MS, stepMs, goal).unref()
    else {
      say()
      look()
    }
  }
  const look = () => {
    const goal = target()
    if (goal > ahead) step(Math.ceil((goal - ahead) / STEPS), goal)
    else real.setTimeout(look, LOOK_MS).unref()
  }
  look()
}
