/** Answers an HTTP request with JSON. */
import type { ServerResponse } from 'node:http'

/** Sends `value` as the whole response. */
export function sendJson(
  res: ServerResponse,
  status: number,
  value: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify(value)
  const length = Buffer.byteLength(body)
  res.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': length,
  })
  res.end(body)
}
