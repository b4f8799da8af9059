/** Checks of requests: what the upstream is sent. */
import { answer, json } from '../upstream.mjs'

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const PDF = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF').toString('base64')
const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } }
const DOCUMENT = {
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: PDF },
}
const TOOL = {
  name: 'read',
  description: 'reads',
  input_schema: { type: 'object', properties: { path: { type: 'string' } } },
}
const HELLO = { role: 'user', content: 'hello' }
const CALL = {
  role: 'assistant',
  content: [{ type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: '/a' } }],
}
const BOTH = ['messages', 'chat']

/** A conversation in which the tool was called; its result is this content, then `further` parts. */
function called(content, { isError, further = [] } = {}) {
  const result = { type: 'tool_result', tool_use_id: 'toolu_1', content }
  const marked = isError ? { ...result, is_error: true } : result
  return { tools: [TOOL], messages: [HELLO, CALL, { role: 'user', content: [marked, ...further] }] }
}

/** A check that judges the body which the upstream was sent: `judge(body, answer) => [right, seen]`. */
function sends(name, right, request, judge, fronts) {
  const run = async ({ client, upstream }) => {
    upstream.play(answer({ text: 'ok' }))
    const asked = await client.ask(request)
    const body = upstream.sent().findLast((one) => one.path.includes('/chat/completions'))?.body
    if (body === undefined) return refused(asked)
    const [isRight, seen] = judge(body, asked)
    return { right: isRight, seen }
  }
  return { name, right, fronts, run }
}

function refused({ status, error }) {
  return { right: false, seen: `status ${status}: ${String(error?.message ?? '').slice(0, 60)}` }
}

const lastUser = (body) => body.messages.findLast(({ role }) => role === 'user')
const partsOf = (message) => (Array.isArray(message?.content) ? message.content : [])
const imageIn = (message) =>
  partsOf(message).some(
    ({ type, image_url: url }) => type === 'image_url' && url?.url.includes(PIXEL),
  )
const textOf = ({ content }) =>
  typeof content === 'string'
    ? content
    : partsOf({ content })
        .map(({ text }) => text ?? '')
        .join(' ')

export const REQUESTS = [
  sends(
    'an image of the user',
    'kept',
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'what is it?' }, IMAGE] }] },
    (body) => (imageIn(lastUser(body)) ? [true, 'kept'] : [false, 'dropped']),
    BOTH,
  ),
  sends(
    'a PDF',
    'a file part, its text, or an error that says so',
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'read it' }, DOCUMENT] }] },
    document,
  ),
  sends(
    "an image in a tool's result",
    'in the next user message',
    called([{ type: 'text', text: 'the picture' }, IMAGE]),
    imageInResult,
  ),
  sends('`is_error`', 'marked in the text', called('no such file', { isError: true }), (body) => {
    const result = body.messages.find(({ role }) => role === 'tool')
    return result && /error/i.test(textOf(result)) ? [true, 'marked'] : [false, 'lost']
  }),
  sends(
    'stop sequences',
    'kept',
    { messages: [HELLO], stop_sequences: ['END'] },
    (body) => (JSON.stringify(body.stop ?? '').includes('END') ? [true, 'kept'] : [false, 'lost']),
    BOTH,
  ),
  sends(
    'one tool call at a time',
    '`parallel_tool_calls: false`',
    {
      messages: [HELLO],
      tools: [TOOL],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    },
    (body) => (body.parallel_tool_calls === false ? [true, 'kept'] : [false, 'lost']),
    BOTH,
  ),
  sends(
    'a thinking budget',
    'mapped to an effort',
    { messages: [HELLO], max_tokens: 32_000, thinking: { type: 'enabled', budget_tokens: 16_000 } },
    (body) => {
      const effort = body.reasoning_effort ?? body.reasoning?.effort ?? body.reasoning?.max_tokens
      if (effort !== undefined) return [true, String(effort)]
      return [false, 'thinking' in body ? '`thinking` itself' : 'lost']
    },
  ),
  sends(
    'thinking of an earlier turn',
    'not shown as text or as an unknown part',
    {
      messages: [
        HELLO,
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'SECRETTHOUGHT', signature: 'c2ln' },
            { type: 'text', text: 'hi' },
          ],
        },
        { role: 'user', content: 'and now?' },
      ],
    },
    earlierThinking,
  ),
  sends(
    'the server tool `web_search`',
    'searched, or left out with a word',
    { messages: [HELLO], tools: [TOOL, { type: 'web_search_20250305', name: 'web_search' }] },
    webSearch,
  ),
  sends(
    'a system message among the messages',
    'system or user, never assistant',
    {
      messages: [
        HELLO,
        { role: 'assistant', content: 'hi' },
        { role: 'system', content: 'BEBRIEF' },
        HELLO,
      ],
    },
    (body) => {
      const found = body.messages.find((message) => textOf(message).includes('BEBRIEF'))
      if (!found) return [false, 'lost']
      return [['system', 'developer', 'user'].includes(found.role), `as ${found.role}`]
    },
    BOTH,
  ),
  sends(
    '`cache_control`',
    'left out',
    {
      system: [{ type: 'text', text: 'be brief', cache_control: { type: 'ephemeral' } }],
      tools: [{ ...TOOL, cache_control: { type: 'ephemeral' } }],
      messages: [
        {
          role: 'user',
          content: [{ type: 'text', text: 'hello', cache_control: { type: 'ephemeral' } }],
        },
      ],
    },
    (body) => {
      const where = ['messages', 'tools'].filter((field) =>
        JSON.stringify(body[field] ?? '').includes('cache_control'),
      )
      return where.length === 0 ? [true, 'left out'] : [false, `in ${where.join(' and ')}`]
    },
  ),
  sends(
    "text before a tool's result",
    "the tool's message first",
    {
      ...called('a file'),
      messages: [
        HELLO,
        CALL,
        {
          role: 'user',
          content: [
            { type: 'text', text: 'here it is' },
            { type: 'tool_result', tool_use_id: 'toolu_1', content: 'a file' },
          ],
        },
      ],
    },
    (body) => {
      const at = body.messages.findIndex((message) => message.tool_calls?.length > 0)
      const next = body.messages[at + 1]?.role
      return [at !== -1 && next === 'tool', at === -1 ? 'the call is lost' : `${next} first`]
    },
  ),
  {
    name: 'a model that refuses `max_tokens`',
    right: '`max_completion_tokens`',
    run: maxTokens,
  },
]

function document(body, { status }) {
  const parts = partsOf(lastUser(body))
  if (parts.some((part) => JSON.stringify(part).includes(PDF))) return [true, 'a part']
  if (status >= 400) return [true, `status ${status}`]
  const text = textOf(lastUser(body))
  if (/document|pdf|attach/i.test(text)) return [true, 'named in the text']
  return [false, 'dropped']
}

function imageInResult(body) {
  const at = body.messages.findIndex(({ role }) => role === 'tool')
  const later = body.messages
    .slice(at + 1)
    .some((message) => message.role === 'user' && imageIn(message))
  if (at !== -1 && later) return [true, 'in the next user message']
  const result = body.messages[at]
  if (JSON.stringify(body).includes(PIXEL)) {
    return [false, imageIn(result) ? "a part of the tool's message" : 'in a shape that Chat lacks']
  }
  return [false, 'dropped']
}

function earlierThinking(body) {
  const message = body.messages.find(({ role }) => role === 'assistant')
  if (!message) return [false, 'the turn is lost']
  if (textOf(message).includes('SECRETTHOUGHT')) return [false, 'as text']
  const unknown = partsOf(message).find(({ type }) => type !== 'text')
  if (unknown) return [false, `a part \`${unknown.type}\``]
  const field = Object.keys(message).find((key) =>
    JSON.stringify(message[key] ?? '').includes('SECRETTHOUGHT'),
  )
  return [true, field ? `\`${field}\`` : 'left out']
}

function webSearch(body, { headers, status }) {
  const searched = body.web_search_options !== undefined
  if (searched) return [true, "the upstream's own search"]
  if (status >= 400) return [true, `status ${status}`]
  const tool = (body.tools ?? []).find((one) => JSON.stringify(one).includes('web_search'))
  if (!tool) {
    const isNamed = Object.entries(headers).some(([, value]) => /web_search/.test(String(value)))
    return [isNamed, isNamed ? 'left out, named in a header' : 'left out without a word']
  }
  const parameters = tool.function?.parameters ?? tool.function?.input_schema
  const isCallable = Object.keys(parameters?.properties ?? {}).length > 0
  if (tool.type !== 'function') return [false, `a tool of the unknown type \`${tool.type}\``]
  return [isCallable, isCallable ? 'as a function' : 'as a function without parameters']
}

/** A server like OpenAI's for reasoning models: it refuses `max_tokens` and says what to use instead. */
async function maxTokens({ client, upstream }) {
  const message =
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
  upstream.play((body, res) => {
    if (!('max_tokens' in body)) return answer({ text: 'ok' })(body, res)
    json(res, 400, {
      error: {
        message,
        type: 'invalid_request_error',
        param: 'max_tokens',
        code: 'unsupported_parameter',
      },
    })
  })
  const asked = await client.ask({ messages: [HELLO] })
  const body = upstream.sent().at(-1)?.body
  const limit = body?.max_completion_tokens
  if (asked.status !== 200) return { right: false, seen: `status ${asked.status}` }
  return {
    // More is right, too: a model that reasons first needs room for it.
    right: limit >= 1_000,
    seen: limit === undefined ? 'no limit' : `\`max_completion_tokens\` ${limit}`,
  }
}
