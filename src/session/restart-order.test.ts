import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sessionRef } from './identity.ts'
import { orderFile } from './paths.ts'
import { signOrder, takeOrder } from './restart-order.ts'

const home = mkdtempSync(join(tmpdir(), 'ccr-order-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
mkdirSync(ref.dir, { recursive: true })
const order = { node: '/bin/node', script: '/ccr.js', env: { KEY: 'secret-value' } }

test('an order that was signed is followed once', () => {
  const text = JSON.stringify(signOrder(ref, order))
  expect(readFileSync(orderFile(ref), 'utf8')).not.toContain('secret-value')
  expect(statSync(orderFile(ref)).mode & 0o777).toBe(0o600)
  expect(takeOrder(ref, text)).toEqual(order)
  expect(existsSync(orderFile(ref))).toBe(false)
  expect(takeOrder(ref, text)).toBeNull()
})

test('any other order is not, and leaves the signature for the right one', () => {
  const text = JSON.stringify(signOrder(ref, order))
  expect(takeOrder(ref, text.replace('/ccr.js', '/evil.js'))).toBeNull()
  expect(takeOrder(ref, '')).toBeNull()
  expect(takeOrder(ref, text)).toEqual(order)
})

test('an order has all that it was given, and none that lacks a part is followed', () => {
  const whole = { ...order, newToken: true }
  expect(takeOrder(ref, JSON.stringify(signOrder(ref, whole)))).toEqual(whole)
  for (const part of ['node', 'script', 'env']) {
    const less = { ...order, [part]: undefined }
    expect(takeOrder(ref, JSON.stringify(signOrder(ref, less)))).toBeNull()
  }
})

test('two orders of the same are signed differently', () => {
  const [one, other] = [signOrder(ref, order), signOrder(ref, order)]
  expect(one).not.toEqual(other)
  expect(takeOrder(ref, JSON.stringify(one))).toBeNull()
  expect(takeOrder(ref, JSON.stringify(other))).toEqual(order)
})
