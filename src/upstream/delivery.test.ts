import { channel } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { deliveryOf, hasIdledOut, mayHaveBeenRead, watchSocket } from './delivery.ts'

afterEach(() => vi.restoreAllMocks())

interface Broken {
  /** How long the connection took to open, and how long after the request it broke, ms. */
  readonly openedInMs?: number
  readonly afterMs?: number
  /** Bytes that had come before the request, and since. */
  readonly before?: number
  readonly since?: number
  /** Bytes of the request that are still to be written. */
  readonly unwritten?: number
  readonly code?: string
  readonly syscall?: string
}

/** The error of a connection that broke like that with a request on it. */
function broken(how: Broken): Error {
  const { openedInMs = 20, afterMs = 0, before = 100, since = 0, unwritten = 0 } = how
  const { code = 'ECONNRESET', syscall = 'read' } = how
  const socket = Object.assign(new EventEmitter(), { bytesRead: before, writableLength: unwritten })
  watchSocket(socket as unknown as Socket, openedInMs)
  socket.on('error', () => undefined)
  const time = vi.spyOn(performance, 'now').mockReturnValue(5_000)
  channel('undici:client:sendHeaders').publish({ socket })
  time.mockReturnValue(5_000 + afterMs)
  socket.bytesRead += since
  const error = Object.assign(new Error('broken'), { code, syscall })
  socket.emit('error', error)
  return error
}

describe('a request on a kept connection that broke', () => {
  it('met its end on the way where that came within a round trip', () => {
    const met = (openedInMs: number, afterMs: number) =>
      hasIdledOut(broken({ openedInMs, afterMs }), false)
    expect([met(20, 120), met(20, 121)]).toEqual([true, false])
    expect([met(400, 500), met(400, 501)]).toEqual([true, false])
    // A connection that was slow to open says little of the way there.
    expect([met(9_000, 600), met(9_000, 601)]).toEqual([true, false])
  })

  it('may go out again in any case where it does no harm, or was not written', () => {
    expect(hasIdledOut(broken({ afterMs: 9_000 }), true)).toBe(true)
    expect(hasIdledOut(broken({ afterMs: 9_000, unwritten: 1 }), false)).toBe(true)
    expect(hasIdledOut(broken({ afterMs: 9_000, syscall: 'write', code: 'EPIPE' }), false)).toBe(
      true,
    )
  })

  it('does not go out again where it was answered in part, or the connection was new', () => {
    expect(hasIdledOut(broken({ since: 1 }), true)).toBe(false)
    expect(hasIdledOut(broken({ before: 0 }), true)).toBe(false)
    expect(hasIdledOut(broken({ code: 'ETIMEDOUT' }), true)).toBe(false)
    expect(hasIdledOut(new Error('never sent'), true)).toBe(false)
  })

  it('is described with its times', () => {
    expect(deliveryOf(broken({ openedInMs: 7, afterMs: 50, unwritten: 3 }))).toEqual({
      ...{ isWritten: false, wasIdle: true, afterMs: 50, openedInMs: 7 },
    })
    for (const cause of [undefined, null, 'words', new Error('x')]) {
      expect(deliveryOf(cause)).toBeUndefined()
    }
  })
})

describe('whether a provider may have read a request', () => {
  it('is so where all of it was written', () => {
    expect(mayHaveBeenRead(broken({}))).toBe(true)
    expect(mayHaveBeenRead(broken({ unwritten: 1 }))).toBe(false)
    expect(mayHaveBeenRead(broken({ syscall: 'write' }))).toBe(false)
  })

  it('is so where the connection just ended, and not where nothing was sent', () => {
    const error = (code: string, name = 'Error') => Object.assign(new Error('x'), { code, name })
    expect(mayHaveBeenRead(error('UND_ERR_SOCKET'))).toBe(true)
    expect(mayHaveBeenRead(error('ECONNREFUSED'))).toBe(false)
    expect(mayHaveBeenRead(undefined)).toBe(false)
  })

  it('is no question where an answer came that cannot be read', () => {
    for (const name of ['HTTPParserError', 'HeadersOverflowError']) {
      expect(mayHaveBeenRead(Object.assign(broken({}), { name }))).toBe(false)
    }
  })
})
