/** The local day of a time, `2026-11-25`. @param ms since 1970. */
export function dayOf(ms: number): string {
  const time = new Date(ms)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${String(time.getFullYear())}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
}
