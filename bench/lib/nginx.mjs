/** Debian's nginx-light as an instant upstream: a static stream for every POST, one worker. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FORMATS, PATHS, whole } from './answers.mjs'
import { freePort, start, until } from './process.mjs'

export function hasNginx() {
  return spawnSync('nginx', ['-v']).status === 0
}

/** Its port. */
export async function startNginx(work) {
  const root = join(work, 'nginx')
  mkdirSync(root)
  const port = await freePort()
  const formats = Object.keys(FORMATS)
  for (const format of formats) writeFileSync(join(root, format), whole(FORMATS[format]))
  writeFileSync(join(root, 'nginx.conf'), conf(root, port, formats))
  start('nginx', ['-c', join(root, 'nginx.conf')], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}${PATHS.chat}`
  await until(
    () =>
      fetch(url, { method: 'POST' }).then(
        (r) => r.ok,
        () => false,
      ),
    'nginx',
  )
  return port
}

/** Static files are for GET: that refusal is the answer to a POST. */
function conf(root, port, formats) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  // The worker of a root process would be somebody who may not read the folder.
  const user = process.getuid() === 0 ? 'user root;' : ''
  return `${user} daemon off; master_process off; pid ${root}/pid; error_log ${root}/error.log crit;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s;
  client_body_buffer_size 8m; client_max_body_size 64m;
  ${temporary.map((kind) => `${kind}_temp_path ${root}/${kind};`).join(' ')}
  types {} default_type text/event-stream;
  server {
    listen 127.0.0.1:${port};
    ${formats.map((f) => `location ${PATHS[f]} { error_page 405 =200 /${f}; return 405; } location = /${f} { root ${root}; }`).join('\n    ')}
  }
}
`
}
