import { expect, it } from 'vitest'
import { requestRow } from '../../test/support/usage-rows.ts'
import type { BudgetGuard } from './budget-guard.ts'
import { RequestReservation } from './request-reservation.ts'

/** A guard that writes down what is reserved and settled; it has nothing for `poor`. */
function guardWith(journal: string[]): BudgetGuard {
  return {
    reserve(provider, usd) {
      if (provider === 'poor') return Promise.reject(new Error('used up'))
      journal.push(`+${provider} ${String(usd)}`)
      return Promise.resolve({
        settle: (row) => void journal.push(`-${provider} ${String(row?.cost ?? 0)}`),
      })
    },
    during: () => undefined,
    written: () => undefined,
    isNeeded: () => false,
    notes: () => [],
    close: () => Promise.resolve(),
  }
}

it('an attempt replaces the reservation of the one before it, which cost nothing', async () => {
  const journal: string[] = []
  const reservation = new RequestReservation(guardWith(journal))
  await reservation.reserve('p', 1)
  await reservation.reserve('q', null)
  reservation.settle(requestRow({ cost: 0.25 }))
  expect(journal).toEqual(['+p 1', '-p 0', '+q null', '-q 0.25'])
})

it('a reservation is settled once, also where the next attempt gets no money', async () => {
  const journal: string[] = []
  const reservation = new RequestReservation(guardWith(journal))
  reservation.settle()
  await reservation.reserve('p', 1)
  await expect(reservation.reserve('poor', 1)).rejects.toThrow('used up')
  reservation.settle(requestRow({ cost: 1 }))
  reservation.settle()
  expect(journal).toEqual(['+p 1', '-p 0'])
})
