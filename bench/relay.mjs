/**
 * The floor: the minimal work of a translating relay on node:http and undici. It reads the request,
 * renames three fields, posts it and turns text deltas into Messages events. It has no routing, tools
 * or errors, and only serves as a reference.
 */
import { createServer } from 'node:http'
import { Agent, request } from 'undici'

const upstream = process.argv[2]
const dispatcher = new Agent()

const server = createServer(async (req, res) => {
  const parts = []
  for await (const part of req) parts.push(part)
  const { messages, system, tools, max_tokens } = JSON.parse(Buffer.concat(parts).toString())
  const body = JSON.stringify({
    model: 'm',
    stream: true,
    max_tokens,
    messages: [{ role: 'system', content: JSON.stringify(system) }, ...messages],
    tools: tools?.map((tool) => ({
      type: 'function',
      function: { name: tool.name, parameters: tool.input_schema },
    })),
  })
  const answer = await request(upstream, {
    method: 'POST',
    dispatcher,
    body,
    headers: { 'content-type': 'application/json' },
  })
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  let rest = ''
  for await (const part of answer.body) {
    const lines = (rest + part).split('\n')
    rest = lines.pop()
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue
      const text = JSON.parse(line.slice(6)).choices[0]?.delta?.content
      if (text)
        res.write(
          `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })}\n\n`,
        )
    }
  }
  res.end('event: message_stop\ndata: {"type":"message_stop"}\n\n')
})
server.keepAliveTimeout = 120_000
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
