import { expect, test } from 'vitest'
import { limitedText } from './limited-text.ts'

const bytes = Buffer.from('äbc')

test('a body is read whole, its characters in pieces too', async () => {
  const body = (async function* () {
    yield await Promise.resolve(bytes.subarray(0, 1))
    yield bytes.subarray(1)
  })()
  expect(await limitedText(body, { length: 100, ms: 10_000 })).toBe('äbc')
})

test('a body without an end is left, and closed', async () => {
  let closed = false
  const body = (async function* () {
    try {
      for (;;) yield await Promise.resolve(bytes)
    } finally {
      closed = true
    }
  })()
  expect((await limitedText(body, { length: 100, ms: 10_000 })).length).toBeLessThan(200)
  expect(closed).toBe(true)
})

test('of a body that stops or breaks off there is what came', async () => {
  const stops = (async function* () {
    yield bytes
    await new Promise(() => undefined)
  })()
  expect(await limitedText(stops, { length: 100, ms: 1 })).toBe('äbc')
  const breaks = (async function* () {
    yield await Promise.resolve(bytes)
    throw new Error('cut')
  })()
  expect(await limitedText(breaks, { length: 100, ms: 10_000 })).toBe('äbc')
})
