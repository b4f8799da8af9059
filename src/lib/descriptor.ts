/** The file descriptor of a server, so that a child process can inherit it. */
import type { Server } from 'node:net'

/**
 * The descriptor of a listening server, for the `stdio` of a child that shall listen there as well
 * (`server.listen({ fd })`): the kernel's socket is then open until both have closed it. Null on
 * Windows, where it has none, and before the server listens.
 */
export function descriptorOf(server: Server): number | null {
  // Node names it nowhere in its types; 20, 22 and 24 have it.
  const { _handle: handle } = server as { readonly _handle?: { readonly fd?: number } | null }
  const fd = handle?.fd ?? -1
  return fd < 0 ? null : fd
}
