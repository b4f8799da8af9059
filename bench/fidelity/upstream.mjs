/**
 * A scripted upstream that speaks Chat Completions: it answers by the scene of the running check and
 * keeps what it was sent. A scene is `(body, res) => void | Promise`; `body` is the parsed request.
 */
import { createServer } from 'node:http'

/** `{port, play, sent, close}`; `sent()` gives the requests since `play`: `{path, body, closedEarly}`. */
export async function startUpstream() {
  let scene = answer({ text: 'ok' })
  let sent = []
  const server = createServer(async (req, res) => {
    const body = await bodyOf(req)
    if (req.method !== 'POST') return models(res)
    const entry = { path: req.url, body, closedEarly: false }
    sent.push(entry)
    res.on('close', () => (entry.closedEarly = !res.writableFinished))
    await scene(body, res)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: server.address().port,
    play: (next) => {
      scene = next
      sent = []
    },
    sent: () => sent,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

async function bodyOf(req) {
  const parts = []
  for await (const part of req) parts.push(part)
  try {
    return JSON.parse(Buffer.concat(parts).toString())
  } catch {
    return {}
  }
}

/** Some gateways ask for the models first. */
function models(res) {
  json(res, 200, {
    object: 'list',
    data: [{ id: 'm', object: 'model', created: 1, owned_by: 'x' }],
  })
}

export function json(res, status, body, headers = {}) {
  res.writeHead(status, { 'content-type': 'application/json', ...headers })
  res.end(JSON.stringify(body))
}

/** Begins an event stream. Gives a function that writes one chunk of a Chat answer. */
export function stream(res) {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  return (data) => res.write(`data: ${JSON.stringify({ ...HEAD, ...data })}\n\n`)
}

const HEAD = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm' }

/** A chunk with this delta. */
export function delta(fields, finish = null) {
  return { choices: [{ index: 0, delta: fields, finish_reason: finish }] }
}

/** A piece of a tool call: the first has an id and a name. */
export function callPiece(index, fields) {
  const { id, name, arguments: text = '' } = fields
  const head = id === undefined ? {} : { id, type: 'function' }
  const inner = name === undefined ? { arguments: text } : { name, arguments: text }
  return delta({ tool_calls: [{ index, ...head, function: inner }] })
}

/**
 * A scene that answers in whole, streamed or not as the request wants it.
 * @param text the text; `calls` tool calls `{id, name, arguments}`; `finish` the finish reason;
 *   `usage` the Chat usage, which a stream carries only when the request asks for it.
 */
export function answer({ text, calls = [], finish = 'stop', usage, pieces }) {
  return (body, res) => {
    if (body.stream !== true) return json(res, 200, completion({ text, calls, finish, usage }))
    const send = stream(res)
    send(delta({ role: 'assistant', content: text ?? null }))
    for (const piece of pieces ?? calls.map((call, index) => callPiece(index, call))) send(piece)
    send(delta({}, finish))
    if (usage && body.stream_options?.include_usage) send({ choices: [], usage })
    res.end('data: [DONE]\n\n')
  }
}

function completion({ text, calls, finish, usage }) {
  const tool_calls = calls.map(({ id, name, arguments: text }) => ({
    id,
    type: 'function',
    function: { name, arguments: text },
  }))
  const message = { role: 'assistant', content: text ?? null }
  return {
    ...HEAD,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: calls.length > 0 ? { ...message, tool_calls } : message,
        finish_reason: finish,
      },
    ],
    usage: usage ?? { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
  }
}
