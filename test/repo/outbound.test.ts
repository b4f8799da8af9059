/** ccr sends nothing anywhere but to the providers and the search service of the config: no code of it could. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The product's files, by path from the root, and their code without comments. */
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => {
    const path = `src/${name.replaceAll('\\', '/')}`
    const code = readFileSync(join(root, path), 'utf8')
      .replace(/^\s*(?:\/\*|\*|\/\/).*$/gm, '')
      .replace(/\s\/\/ .*$/gm, '')
    return { path, code }
  })

/** What opens a connection of its own; `src/upstream/` is what asks providers. */
const CLIENTS =
  /\bfetch\(|new (?:WebSocket|EventSource)\b|['"](?:undici|(?:node:)?(?:dgram|http2|tls|dns))['"]|(?:\{|,)\s+(?:connect|request|get|createConnection)\b[^}]*\} from '(?:node:)?(?:https?|net)'/

/** Who connects beside that, and to whom: this machine alone. */
const LOCAL: Readonly<Record<string, string>> = {
  'src/cli/commands/doctor/live.ts': 'a server of its own on loopback, in front of the gateway',
  'src/cli/commands/init/detect.ts': 'local model servers, when ccr init looks for them',
  'src/daemon/bind.ts': 'its own port',
  'src/lib/lock/socket-lock.ts': 'the lock, a Unix socket or pipe',
  'src/session/peer.ts': "the session's daemon",
  'src/session/port-holder.ts': "the session's port",
}

test('nothing but src/upstream/ opens connections to other machines', () => {
  const opening = files.filter(({ code }) => CLIENTS.test(code)).map(({ path }) => path)
  const upstream = opening.filter((path) => path.startsWith('src/upstream/'))
  expect(upstream.length).toBeGreaterThan(0)
  expect(opening.filter((path) => !upstream.includes(path)).sort()).toEqual(
    Object.keys(LOCAL).sort(),
  )
})

/** Rows and presets of providers, rows of search services. */
const NAMING = /^src\/(?:providers|protocols)\/|^src\/cli\/commands\/init\/presets\.ts$/

const hostsIn = (code: string): string[] =>
  [...code.matchAll(/https?:\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})/gi)].map(
    ([, host = '']) => host,
  )

test('no other host than those of providers stands in the code', () => {
  const providers = files.filter(({ path }) => NAMING.test(path))
  const known = new Set(providers.flatMap(({ code }) => hostsIn(code)))
  known.add('json-schema.org') // the name of a vocabulary, which is never fetched
  const others = files.filter(({ path }) => !NAMING.test(path))
  const named = others.flatMap(({ path, code }) => hostsIn(code).map((host) => ({ path, host })))
  expect(named.filter(({ host }) => !known.has(host))).toEqual([])
})
