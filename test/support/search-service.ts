/** A fake search service on loopback that keeps every request; its answers are written by hand. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Searched {
  readonly method: string
  /** Path and query. */
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** An answer; `never`: none comes. `cut`: the connection breaks within the body. */
export type SearchReply =
  | { readonly status?: number; readonly body: unknown; readonly headers?: Record<string, string> }
  | 'never'
  | 'cut'

export interface SearchServer {
  readonly origin: string
  readonly requests: readonly Searched[]
  /** What it answers from now on; a list is used up from its start, its last one stays. */
  script(...replies: readonly SearchReply[]): void
  /** The requests that clients gave up. */
  readonly aborted: number
  close(): Promise<void>
}

/** @param first what it answers; text goes out as it is, anything else as JSON. */
export async function startSearchServer(...first: readonly SearchReply[]): Promise<SearchServer> {
  const requests: Searched[] = []
  let replies = [...first]
  let aborted = 0
  const server = createServer((req, res) => {
    const pieces: Buffer[] = []
    req.on('data', (piece: Buffer) => pieces.push(piece))
    res.on('close', () => (aborted += res.writableFinished ? 0 : 1))
    req.on('end', () => {
      const { method = '', headers } = req
      const url = new URL(req.url ?? '', 'http://search.test')
      requests.push({ method, url, headers, body: Buffer.concat(pieces).toString('utf8') })
      const reply = replies.length > 1 ? replies.shift() : replies[0]
      if (reply === 'never' || reply === undefined) return
      if (reply === 'cut') {
        res.writeHead(200, { 'content-type': 'application/json' }).write('{"results": [')
        setImmediate(() => res.destroy())
        return
      }
      const { status = 200, body } = reply
      const isText = typeof body === 'string'
      const type = isText && body.startsWith('<') ? 'text/html' : 'application/json'
      res.writeHead(status, { 'content-type': type, ...reply.headers })
      res.end(isText ? body : JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    requests,
    script: (...next) => (replies = [...next]),
    get aborted() {
      return aborted
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A result in the words of each service, as their documentation has them. */
export const SEARXNG_RESULT = {
  url: 'https://otters.example/hands',
  title: 'How otters hold hands',
  content: 'They do so to stay together.',
  engine: 'duckduckgo',
  engines: ['duckduckgo'],
  category: 'general',
  score: 1,
  publishedDate: '2026-03-01T00:00:00',
}
export const SEARXNG = {
  query: 'otters',
  number_of_results: 0,
  results: [SEARXNG_RESULT],
  answers: [],
  corrections: [],
  infoboxes: [],
  suggestions: [],
  unresponsive_engines: [],
}
export const BRAVE = {
  type: 'search',
  query: { original: 'otters', more_results_available: true },
  web: {
    type: 'search',
    family_friendly: true,
    results: [
      {
        type: 'search_result',
        title: 'How otters hold hands',
        url: 'https://otters.example/hands',
        description: 'They do so to stay together.',
        page_age: '2026-03-01T00:00:00',
        age: 'March 1, 2026',
      },
    ],
  },
}
export const TAVILY = {
  query: 'otters',
  answer: null,
  images: [],
  results: [
    {
      title: 'How otters hold hands',
      url: 'https://otters.example/hands',
      content: 'They do so to stay together.',
      score: 0.9,
      published_date: '2026-03-01T00:00:00',
    },
  ],
  response_time: 1.2,
}
