/** The kinds of values that a config holds; the message of each rule says what was expected. */
import { isIP } from 'node:net'
import * as v from 'valibot'
import { LONGEST_DELAY_MS } from '../../lib/delay.ts'

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  '1': true,
  '0': false,
}

export function integer(min: number, max: number, expected: string) {
  return v.pipe(
    v.union([v.number(), v.string()], expected),
    v.transform(Number),
    v.integer(expected),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  )
}

/** A limit in ms; existing configs write 0 for none. */
export const limit = v.pipe(
  integer(0, LONGEST_DELAY_MS, 'milliseconds as a whole number, such as 600000'),
  v.transform((ms) => (ms === 0 ? LONGEST_DELAY_MS : ms)),
)

export const milliseconds = integer(
  1,
  LONGEST_DELAY_MS,
  'milliseconds as a whole number, such as 600000',
)

export const flag = v.pipe(
  v.union([v.boolean(), v.number(), v.string()], 'true or false'),
  v.transform((written) => BOOLEANS[String(written).trim().toLowerCase()]),
  v.boolean('true or false'),
)

export function text(expected: string) {
  return v.pipe(v.string(expected), v.trim())
}

export function httpUrl(expected: string) {
  return v.pipe(text(expected), v.check(isHttpUrl, expected))
}

function isHttpUrl(written: string): boolean {
  if (!/^https?:\/\//i.test(written)) return false
  return URL.canParse(written)
}

export function isHost(written: string): boolean {
  return isIP(written) !== 0 || /^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(written)
}

const PROXY = 'the URL of an http, https or socks5 proxy, such as "http://127.0.0.1:7890"'
export const proxy = v.pipe(
  text(PROXY),
  v.check((written) => /^(https?|socks(5h?)?):\/\//i.test(written) && URL.canParse(written), PROXY),
)

/** A known key whose value stays as written. */
export function kept(description: string) {
  return v.optional(v.pipe(v.unknown(), v.description(description)))
}

export function described<S extends v.GenericSchema>(schema: S, description: string) {
  return v.optional(v.pipe(schema, v.description(description)))
}

/** valibot's objects accept lists. */
export function objectRule(expected: string) {
  return v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value), expected),
  )
}

/**
 * One of several schemas, by what is written, so that what is wrong is reported where it is: a union
 * reports only that no alternative fits.
 * @param options all that `choose` may give.
 */
export function byType<const O extends readonly v.GenericSchema[]>(
  options: O,
  choose: (written: unknown) => O[number],
) {
  return { ...v.lazy(choose), options }
}
