/** Compares what a client sends with the accepted record, and says what differs. Pure. */
import type { Paths } from './shape.ts'

/** What a client sends, and what it makes of settings. */
export interface ClientRecord {
  /** The version of the client. */
  readonly client: string
  readonly scenarios: Readonly<Record<string, ScenarioRecord>>
  /** The tools of all scenarios, by name. */
  readonly tools: Readonly<Record<string, Paths>>
}

export interface ScenarioRecord {
  /** How the client ended, and what its output says of the scenario. */
  readonly result: Paths
  /** By kind of request. */
  readonly requests: Readonly<Record<string, Paths>>
}

/** One thing that is not as it is in the record. */
export interface Difference {
  readonly kind: 'new' | 'gone' | 'changed'
  /** Such as `header x-app`, `beta NAME`, `tool NAME`, `body messages[user].content`. */
  readonly what: string
  /** In the record; undefined where it is new. */
  readonly before: string | undefined
  /** Of this client; undefined where it is gone. */
  readonly now: string | undefined
  /** The scenarios, with the kind of request; empty for tools. */
  readonly where: readonly string[]
}

/** The differences, those of many places once. Scenarios that only one of the two has count too. */
export function differences(record: ClientRecord, client: ClientRecord): readonly Difference[] {
  const before = itemsOf(record)
  const now = itemsOf(client)
  const found = new Map<string, Difference>()
  for (const key of new Set([...before.keys(), ...now.keys()])) {
    const [old, current] = [before.get(key), now.get(key)]
    const item = current ?? old
    if (item === undefined || old?.value === current?.value) continue
    // Of what is new or gone as a whole, the parts are not named too.
    if (item.part && before.has(item.part) !== now.has(item.part)) continue
    const [one, other] = [old?.value, current?.value]
    const group = JSON.stringify([item.what, one, other])
    const same = found.get(group)
    found.set(group, {
      kind: one === undefined ? 'new' : other === undefined ? 'gone' : 'changed',
      what: item.what,
      before: one,
      now: other,
      where: [...(same?.where ?? []), ...(item.where === '' ? [] : [item.where])],
    })
  }
  return [...found.values()].toSorted((one, other) => (one.what < other.what ? -1 : 1))
}

interface Item {
  /** The key of the scenario, request or tool that it is a part of. */
  readonly part?: string
  readonly where: string
  readonly what: string
  readonly value: string
}

/** Everything in a record, by a key of its own. */
function itemsOf({ scenarios, tools }: ClientRecord): ReadonlyMap<string, Item> {
  const items = new Map<string, Item>()
  const add = (item: Item): string => {
    const key = JSON.stringify([item.where, item.what])
    items.set(key, item)
    return key
  }
  const addAll = (part: string, where: string, kind: string, paths: Paths): void => {
    for (const [name, value] of Object.entries(paths)) {
      add({ part, where, what: `${kind}${name}`, value })
    }
  }
  for (const [scenario, { result, requests }] of Object.entries(scenarios)) {
    const whole = add({ where: scenario, what: 'scenario', value: '' })
    addAll(whole, scenario, 'result ', result)
    for (const [kind, shape] of Object.entries(requests)) {
      const where = `${scenario}: ${kind}`
      const part = add({ part: whole, where, what: 'request', value: '' })
      addAll(part, where, '', shape)
    }
  }
  for (const [name, paths] of Object.entries(tools)) {
    const part = add({ where: '', what: `tool ${name}`, value: '' })
    addAll(part, '', `tool ${name} `, paths)
  }
  return items
}

/** Most places that are named of one difference. */
const NAMED_PLACES = 3

/** The differences for a person to read, one line each. */
export function printed(list: readonly Difference[]): string {
  return list
    .map(({ kind, what, before, now, where }) => {
      const values =
        kind === 'changed' ? `: ${before ?? ''} -> ${now ?? ''}` : suffixed(now ?? before ?? '')
      const more = where.length - NAMED_PLACES
      const places =
        where.slice(0, NAMED_PLACES).join('; ') + (more > 0 ? `; ${String(more)} more` : '')
      return `${kind.padEnd(7)} ${what}${values}${places === '' ? '' : `\n        in ${places}`}\n`
    })
    .join('')
}

const suffixed = (value: string): string => (value === '' ? '' : `: ${value}`)
