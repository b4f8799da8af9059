/** Words that say in which order something is listed. */
import { UsageError } from '../command.ts'

/** The order that `--sort` names. Throws UsageError for another word, with those that there are. */
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

/** What the next press of `s` sorts by; after the last the first. */
export function nextOrder<Order extends string>(order: Order, orders: readonly Order[]): Order {
  return orders[(orders.indexOf(order) + 1) % orders.length] ?? order
}

/** The ones with the most first, those without a number last; equals stay as they were. */
export function mostFirst<T>(all: readonly T[], weight: (one: T) => number | null): readonly T[] {
  const number = (one: T): number => weight(one) ?? -Infinity
  return all.toSorted((a, b) => (number(a) === number(b) ? 0 : number(b) - number(a)))
}
