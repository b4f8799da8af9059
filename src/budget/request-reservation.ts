/** The money of one request, from its first attempt to its end. */
import type { RequestRow } from '../store/ledger.ts'
import type { BudgetGuard, Reservation } from './budget-guard.ts'

/** Holds a reservation for the attempt that runs; each attempt replaces the one before it. */
export class RequestReservation {
  readonly #guard: BudgetGuard
  #current: Reservation | undefined

  constructor(guard: BudgetGuard) {
    this.#guard = guard
  }

  /**
   * Gives back what the attempt before held, and sets money aside for the next one.
   * @param usd what it may cost; null: the price is not known.
   * @throws GatewayError as `BudgetGuard.reserve`.
   */
  async reserve(provider: string, usd: number | null): Promise<void> {
    this.settle()
    this.#current = await this.#guard.reserve(provider, usd)
  }

  /**
   * Ends the reservation; further calls do nothing.
   * @param row what the request cost; absent: nothing.
   */
  settle(row?: RequestRow): void {
    this.#current?.settle(row)
    this.#current = undefined
  }
}
