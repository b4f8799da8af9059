/** The record as it is kept in record.json: most requests differ from the first one in little. Pure. */
import type { ClientRecord, ScenarioRecord } from './compare.ts'
import type { Paths } from './shape.ts'

/** A request as what it has more, or otherwise, than the first one, and what it lacks. */
interface Beside {
  readonly more: Paths
  readonly without: readonly string[]
}

export interface CompactRecord extends Omit<ClientRecord, 'scenarios'> {
  /** What the other requests stand beside. */
  readonly first: Paths
  readonly scenarios: Readonly<
    Record<string, { readonly result: Paths; readonly requests: Readonly<Record<string, Beside>> }>
  >
}

export function compact(record: ClientRecord): CompactRecord {
  const [scenario] = Object.values(record.scenarios)
  const [first = {}] = Object.values(scenario?.requests ?? {})
  return {
    client: record.client,
    first,
    scenarios: mapped(record.scenarios, beside),
    tools: record.tools,
  }

  function beside({ result, requests }: ScenarioRecord): CompactRecord['scenarios'][string] {
    const of = (shape: Paths): Beside => ({
      more: picked(shape, (name, value) => first[name] !== value),
      without: Object.keys(first).filter((name) => shape[name] === undefined),
    })
    return { result, requests: mapped(requests, of) }
  }
}

export function expanded({ client, first, scenarios, tools }: CompactRecord): ClientRecord {
  const whole = ({ more, without }: Beside): Paths => ({
    ...picked(first, (name) => !without.includes(name)),
    ...more,
  })
  return {
    client,
    scenarios: mapped(scenarios, ({ result, requests }) => ({
      result,
      requests: mapped(requests, whole),
    })),
    tools,
  }
}

function mapped<T, R>(
  all: Readonly<Record<string, T>>,
  change: (one: T) => R,
): Readonly<Record<string, R>> {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one)]))
}

function picked(paths: Paths, isWanted: (name: string, value: string) => boolean): Paths {
  return Object.fromEntries(Object.entries(paths).filter(([name, value]) => isWanted(name, value)))
}
