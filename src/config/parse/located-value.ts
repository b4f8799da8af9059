/** A value of the file together with where it stands in the text, changed as one. */
import { isObject } from '../../lib/json.ts'
import type { Member, Node } from './json5-locations.ts'

export interface LocatedValue {
  readonly value: unknown
  readonly node: Node
}

/** With each member as `change` gives it, under the key that it gives. */
export function inMembers(
  { value, node }: LocatedValue,
  change: (key: string, inner: LocatedValue) => readonly [key: string, inner: LocatedValue],
): LocatedValue {
  if (!isObject(value)) return { value, node }
  const members = new Map<string, Member>()
  const entries = Object.entries(value).map(([written, item]) => {
    const member = node.members?.get(written)
    const [key, inner] = change(written, { value: item, node: member?.value ?? node })
    if (member) members.set(key, { ...member, value: inner.node })
    return [key, inner.value] as const
  })
  return { value: Object.fromEntries(entries), node: { ...node, members } }
}

/** With each item of a list as `change` gives it. */
export function inItems(
  { value, node }: LocatedValue,
  change: (inner: LocatedValue, index: number) => LocatedValue,
): LocatedValue {
  if (!Array.isArray(value)) return { value, node }
  const parts = value.map((item: unknown, index) =>
    change({ value: item, node: node.items?.[index] ?? node }, index),
  )
  return listOf(node, parts)
}

/** A list where `node` stands. */
export function listOf(node: Node, parts: readonly LocatedValue[]): LocatedValue {
  const items = parts.map((part) => part.node)
  const { start, end } = node
  return { value: parts.map((part) => part.value), node: { start, end, items } }
}

/** An object with one member, where that stands. */
export function objectOf(key: string, inner: LocatedValue): LocatedValue {
  const { start, end } = inner.node
  const member = { keyStart: start, value: inner.node, repeated: false }
  return { value: { [key]: inner.value }, node: { start, end, members: new Map([[key, member]]) } }
}
