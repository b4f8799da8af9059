import { MOST_LEVELS } from '../../lib/depth.ts'
import { tooDeep } from '../../messages/error.ts'
import type { PartialArg } from './wire.ts'

/**
 * A call's arguments that come in pieces, each under a JSON path (Vertex,
 * `streamFunctionCallArguments`; fixture google-stream-tool-call-arguments).
 */
export class PartialArguments {
  #args: unknown = {}
  /** The paths of strings that go on. */
  readonly #open = new Set<string>()

  add({ jsonPath = '$', willContinue, ...piece }: PartialArg): void {
    const path = stepsOf(jsonPath)
    const value = valueOf(piece)
    const goesOn = this.#open.has(jsonPath) && typeof value === 'string'
    this.#args = put(this.#args, path, (before) =>
      goesOn && typeof before === 'string' ? before + value : value,
    )
    if (willContinue === true) this.#open.add(jsonPath)
    else this.#open.delete(jsonPath)
  }

  /** The arguments so far as JSON text; without its end where more was to come. */
  text(whole: boolean): string {
    const text = JSON.stringify(this.#args)
    return whole ? text : text.slice(0, -1)
  }
}

function valueOf({ stringValue, numberValue, boolValue }: PartialArg): unknown {
  return stringValue ?? numberValue ?? boolValue ?? null
}

/** The highest index of a list: what lies before it would be written out. */
const MOST_ITEMS = 100_000

/**
 * The steps of a path such as `$.foo.bar[0]['a b']`.
 * @throws GatewayError for more than any arguments have.
 */
function stepsOf(path: string): readonly (string | number)[] {
  const steps: (string | number)[] = []
  for (const match of path.matchAll(/\[(\d+)\]|\[(['"])(.{0,256}?)\2\]|\.?([^.[\]$]+)/g)) {
    const [, index, , quoted, name] = match
    steps.push(index === undefined ? (quoted ?? name ?? '') : Number(index))
    if (steps.length > MOST_LEVELS || Number(index) > MOST_ITEMS) throw tooDeep()
  }
  return steps
}

/** The value with what stands at a path replaced; what is missing on the way is made. */
function put(
  value: unknown,
  [step, ...rest]: readonly (string | number)[],
  change: (before: unknown) => unknown,
): unknown {
  if (step === undefined) return change(value)
  if (typeof step === 'number') {
    const list: unknown[] = Array.isArray(value) ? [...(value as unknown[])] : []
    list[step] = put(list[step], rest, change)
    return list
  }
  const object = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >
  const before = Object.hasOwn(object, step) ? object[step] : undefined
  return { ...object, [step]: put(before, rest, change) }
}
