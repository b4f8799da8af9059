/** The clients of a session: each holds one response open for as long as it lives. */
import type { ServerResponse } from 'node:http'

export interface Leases {
  readonly count: number
  /** Counts the client until its connection closes. */
  add(res: ServerResponse): void
  /**
   * Tells every client why the daemon ends, and closes their connections. `answering`: clients
   * have been answered lately or are being answered, so that they may still have to print it.
   */
  end(reason: 'stopping' | 'restarting', answering?: boolean): void
}

/** `onChange` gets the new count each time it changes. */
export function createLeases(onChange: (count: number) => void): Leases {
  const held = new Set<ServerResponse>()
  let farewell: string | null = null
  return {
    get count() {
      return held.size
    },
    add(res) {
      held.add(res)
      onChange(held.size)
      res.once('close', () => {
        held.delete(res)
        onChange(held.size)
      })
      res.writeHead(200, { 'content-type': 'application/x-ndjson' })
      res.write(`${JSON.stringify({ count: held.size })}\n`)
      // A client that had connected before the daemon began to end.
      if (farewell !== null) res.end(farewell)
    },
    end(reason, answering) {
      farewell = `${JSON.stringify({ ending: reason, answering })}\n`
      for (const res of held) res.end(farewell)
    },
  }
}

/** Writes the latest count once per turn of the event loop, however often it changed. */
export function countWriter(write: (count: number) => void): (count: number) => void {
  let latest: number | null = null
  return (count) => {
    if (latest === null) {
      setImmediate(() => {
        const settled = latest ?? count
        latest = null
        write(settled)
      })
    }
    latest = count
  }
}
