/**
 * Debian's nginx-light with one process: as an instant upstream with a static stream for every POST,
 * and as a proxy that parses nothing, which is a lower bound for a gateway in any language.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FORMATS, PATHS, whole } from './answers.mjs'
import { freePort, start, until } from './process.mjs'

export function hasNginx() {
  return spawnSync('nginx', ['-v']).status === 0
}

/** The upstream's port. */
export async function startNginx(work) {
  const root = join(work, 'nginx')
  mkdirSync(root)
  const formats = Object.keys(FORMATS)
  for (const format of formats) writeFileSync(join(root, format), whole(FORMATS[format]))
  const { port } = await run(root, formats.map((format) => fileAt(root, format)).join('\n    '))
  return port
}

/** The proxy, as a contestant. */
export async function startProxy(work, upstream, name = 'proxy') {
  const root = join(work, name)
  mkdirSync(root)
  const { host, pathname } = new URL(upstream)
  const pool = `upstream up { server ${host}; keepalive 128; keepalive_requests 100000000; }`
  const pass =
    `location / { proxy_pass http://up${pathname}; proxy_http_version 1.1;` +
    ' proxy_set_header Connection ""; proxy_buffering off; }'
  const { port, pid } = await run(root, pass, pool)
  return { name: 'proxy', url: `http://127.0.0.1:${port}/v1/messages`, pid }
}

async function run(root, locations, pool = '') {
  const port = await freePort()
  writeFileSync(join(root, 'nginx.conf'), conf({ root, port, locations, pool }))
  const { pid } = start('nginx', ['-c', join(root, 'nginx.conf')], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}${PATHS.chat}`
  await until(
    () =>
      fetch(url, { method: 'POST' }).then(
        (r) => r.ok,
        () => false,
      ),
    'nginx',
  )
  return { port, pid }
}

/** nginx refuses POST for static files: the page of this refusal is the answer. */
function fileAt(root, format) {
  return `location ${PATHS[format]} { error_page 405 =200 /${format}; return 405; } location = /${format} { root ${root}; }`
}

function conf({ root, port, locations, pool }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  // As root, the worker would run as another user, who may not read the folder.
  const user = process.getuid() === 0 ? 'user root;' : ''
  return `${user} daemon off; master_process off; pid ${root}/pid; error_log ${root}/error.log crit;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s;
  client_body_buffer_size 8m; client_max_body_size 64m;
  ${temporary.map((kind) => `${kind}_temp_path ${root}/${kind};`).join(' ')}
  types {} default_type text/event-stream;
  ${pool}
  server {
    listen 127.0.0.1:${port};
    ${locations}
  }
}
`
}
