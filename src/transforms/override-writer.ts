import type { Writer } from '../messages/writer.ts'

/** What a decoder says to a writer and may ask it. */
export type WriterMethods = Pick<
  Writer,
  'text' | 'thinking' | 'tool' | 'toolIsWhole' | 'stop' | 'finish' | 'hasContent'
>

/**
 * The writer with some of its methods replaced. Everything else, also what writers learn later, is
 * the writer's own.
 */
export function overrideWriter(writer: Writer, changes: Partial<WriterMethods>): Writer {
  return new Proxy(writer, {
    get(inner, name) {
      if (name in changes) return Reflect.get(changes, name) as unknown
      const own: unknown = Reflect.get(inner, name, inner)
      return typeof own === 'function' ? (own.bind(inner) as unknown) : own
    },
  })
}
