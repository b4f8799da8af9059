/**
 * What is written somewhere as a number, such as `60000` or `"60000"`; NaN for what is none. JSON may
 * hold an object whose `toString` is no function, on which `Number` throws.
 */
export function numberOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? Number.NaN : Number(value)
}
