/** Sort orders of lists. */
import { UsageError } from '../command.ts'

/** The order of `--sort`. Throws UsageError, with the valid values, for an unknown one. */
export function orderOf<Order extends string>(
  command: string,
  word: string,
  orders: readonly Order[],
): Order {
  const order = orders.find((one) => one === word)
  if (order !== undefined) return order
  throw new UsageError(
    `ccr ${command}: --sort ${word} is unknown.`,
    `Write one of: ${orders.join(', ')}`,
  )
}

/** The order after this one, for the key `s`; the first one follows the last. */
export function nextOrder<Order extends string>(order: Order, orders: readonly Order[]): Order {
  return orders[(orders.indexOf(order) + 1) % orders.length] ?? order
}

/** Sorts by weight, highest first. Items without a weight come last; the order of equal ones is kept. */
export function mostFirst<T>(all: readonly T[], weight: (one: T) => number | null): readonly T[] {
  const number = (one: T): number => weight(one) ?? -Infinity
  return all.toSorted((a, b) => (number(a) === number(b) ? 0 : number(b) - number(a)))
}
