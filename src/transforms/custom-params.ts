import { type Body, onBody, type Options, type Transform } from './transform.ts'

/** Adds the options to the body, objects merged at any depth; a value that is there already wins. */
export function customParams(options: Options): Transform {
  return onBody((body) => filledIn(body, options))
}

function filledIn(body: Body, more: Options): Body {
  const filled: Record<string, unknown> = { ...body }
  for (const [name, value] of Object.entries(more)) {
    const there = Object.hasOwn(filled, name) ? filled[name] : undefined
    if (isObject(there) && isObject(value)) filled[name] = filledIn(there, value)
    else if (there === undefined || there === null) filled[name] = value
  }
  return filled
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
