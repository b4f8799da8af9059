import { expect, test } from 'vitest'
import { inherited, passOn } from './inheritance.ts'

test('what is passed on is read by the child under the descriptors that it has there', () => {
  const listener = { descriptor: 19, host: '::1', port: 3457 }
  const { stdio, args } = passOn({ bootLock: 21, serveLock: 20, listener }, 4)
  expect(stdio).toEqual([21, 20, 19])
  expect(inherited(['--handover', ...args, '--', 'ccr daemon'])).toEqual({
    bootLock: 4,
    serveLock: 5,
    listener: { descriptor: 6, host: '::1', port: 3457 },
  })
})

test('a child that is given nothing is told nothing', () => {
  expect(passOn({}, 4)).toEqual({ stdio: [], args: [] })
  expect(inherited(['--handover', '--', 'ccr daemon'])).toEqual({})
})
