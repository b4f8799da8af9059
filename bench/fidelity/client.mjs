/**
 * The client of the checks: sends a request as a contestant's front takes it, and reads the answer into
 * one form, whichever of the two it is.
 *
 * An answer: `{status, headers, error, blocks, overlap, stopReason, usage, end, sawPing}`.
 * - `blocks`: `{type, text}` or `{type: 'tool_use', id, name, input}`; `input` is parsed, or the text that was no JSON.
 * - `overlap`: whether a block began before the one before it had ended.
 * - `usage`: `{input, cached, output}` as the answer reports it; absent parts are undefined.
 * - `end`: `whole`, `error` (the stream said so) or `cut` (it stopped without an end).
 */
import { request as httpRequest } from 'node:http'
import { toChat } from './chat.mjs'

const HEADERS = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' }
const STOPS = { stop: 'end_turn', tool_calls: 'tool_use', length: 'max_tokens' }

/** A client of this contestant; `{ask, open, get}`. */
export function clientOf({ url, front = 'messages', model = 'm', headers = { 'x-api-key': 'k' } }) {
  const bodyOf = (request) => {
    const whole = { model, max_tokens: 1_000, stream: true, ...request }
    return JSON.stringify(front === 'chat' ? toChat(whole) : whole)
  }
  /** Opens a request; `extra` are further headers, `path` another path than that of messages. */
  const open = (request, { extra = {}, path } = {}) =>
    opened(path ? new URL(path, url).href : url, bodyOf(request), {
      ...HEADERS,
      ...headers,
      ...extra,
    })
  const ask = async (request, options = {}) => {
    const { response, text } = await whole(await open(request, options), options.withinMs)
    return readAnswer(front, request.stream !== false, response, text)
  }
  return { front, open, ask }
}

/** A contestant's answer to this body as it is; `answers`: the protocol of its answers, its front's by default. */
export async function answerTo(
  { url, front = 'messages', answers = front, headers = { 'x-api-key': 'k' } },
  body,
  withinMs,
) {
  const { response, text } = await whole(opened(url, body, { ...HEADERS, ...headers }), withinMs)
  return readAnswer(answers, true, response, text)
}

/** `{req, response}`; `response` is a promise. Errors of a connection that is given up are expected. */
function opened(url, body, headers) {
  const target = new URL(url)
  const { promise, resolve, reject } = deferred()
  const req = httpRequest(
    target,
    {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    },
    resolve,
  )
  req.on('error', reject)
  req.end(body)
  promise.catch(() => {})
  return { req, response: promise }
}

function deferred() {
  const parts = {}
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }))
  return parts
}

/** Reads to the end, to a broken connection, or until the time is up. */
export async function whole({ req, response: pending }, withinMs = 20_000) {
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    req.destroy()
  }, withinMs)
  let text = ''
  try {
    const response = await pending
    response.setEncoding('utf8')
    try {
      for await (const part of response) text += part
    } catch {
      // A cut connection: what came counts.
    }
    return { response, text }
  } catch (error) {
    const why = timedOut ? `within ${withinMs / 1000} s` : `(${error.code ?? error.message})`
    return { response: { statusCode: 0, headers: {} }, text: `no answer ${why}` }
  } finally {
    clearTimeout(timer)
  }
}

function readAnswer(front, streamed, response, text) {
  const basis = {
    status: response.statusCode,
    headers: response.headers,
    text,
    blocks: [],
    usage: {},
  }
  const isStream = String(response.headers['content-type']).includes('event-stream')
  const read = front === 'chat' ? readChat : readMessages
  const answer = isStream ? read(framesOf(text)) : fromWhole(front, parsed(text))
  return { ...basis, ...answer, wasStreamed: isStream, streamed }
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The frames of an event stream, parsed; what is no JSON is left out. */
function framesOf(text) {
  return text.split(/\r?\n\r?\n/).flatMap((frame) => {
    const data = frame
      .split(/\r?\n/)
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).trim())
      .join('\n')
    if (data === '[DONE]') return [{ type: 'done' }]
    const value = parsed(data)
    return value === undefined || value === null ? [] : [value]
  })
}

function readMessages(frames) {
  const blocks = []
  const state = { overlap: false, end: 'cut', usage: {}, open: new Set(), sawPing: false }
  for (const frame of frames) messageFrame(frame, blocks, state)
  const { overlap, end, usage, stopReason, error, sawPing } = state
  return { blocks: blocks.map(finished), overlap, end, usage, stopReason, error, sawPing }
}

const FRAMES = {
  message_start: ({ message }, _, state) => addUsage(state, message?.usage),
  content_block_start: ({ index, content_block: block }, blocks, state) => {
    if (state.open.size > 0) state.overlap = true
    state.open.add(index)
    blocks[index] = { ...block, json: '' }
  },
  content_block_delta: ({ index, delta }, blocks) => {
    const block = (blocks[index] ??= { type: 'unopened', json: '' })
    block.text = (block.text ?? '') + (delta.text ?? '')
    block.json += delta.partial_json ?? ''
  },
  content_block_stop: ({ index }, _, state) => state.open.delete(index),
  message_delta: ({ delta, usage }, _, state) => {
    state.stopReason = delta?.stop_reason ?? state.stopReason
    addUsage(state, usage)
  },
  message_stop: (_frame, _, state) => (state.end = state.end === 'error' ? 'error' : 'whole'),
  error: ({ error }, _, state) => Object.assign(state, { end: 'error', error }),
  ping: (_frame, _, state) => (state.sawPing = true),
}

function messageFrame(frame, blocks, state) {
  FRAMES[frame.type]?.(frame, blocks, state)
}

function addUsage(state, usage) {
  if (!usage) return
  state.usage = {
    input: usage.input_tokens ?? state.usage.input,
    cached: usage.cache_read_input_tokens ?? state.usage.cached,
    output: usage.output_tokens ?? state.usage.output,
  }
}

function finished(block) {
  const { json, ...rest } = block
  return rest.type === 'tool_use' && json !== '' ? { ...rest, input: parsed(json) ?? json } : rest
}

function readChat(frames) {
  const calls = []
  const found = { end: 'cut', usage: {}, text: '' }
  for (const frame of frames) {
    if (frame.error) Object.assign(found, { end: 'error', error: frame.error })
    if (frame.type === 'done' && found.end !== 'error') found.end = 'whole'
    if (frame.usage) found.usage = chatUsage(frame.usage)
    const choice = frame.choices?.[0]
    if (choice?.finish_reason)
      found.stopReason = STOPS[choice.finish_reason] ?? choice.finish_reason
    found.text += choice?.delta?.content ?? ''
    for (const call of choice?.delta?.tool_calls ?? []) addPiece(calls, call)
  }
  return { ...found, overlap: false, blocks: chatBlocks(found.text, calls) }
}

function addPiece(calls, { index = 0, id, function: { name, arguments: text = '' } = {} }) {
  const call = (calls[index] ??= { id, name: '', text: '' })
  call.name += name ?? ''
  call.text += text
}

function chatBlocks(text, calls) {
  const uses = calls.map(({ id, name, text }) => ({
    type: 'tool_use',
    id,
    name,
    input: parsed(text) ?? text,
  }))
  return text ? [{ type: 'text', text }, ...uses] : uses
}

function chatUsage({ prompt_tokens: input, completion_tokens: output, prompt_tokens_details: of }) {
  return { input, cached: of?.cached_tokens, output }
}

function fromWhole(front, body) {
  if (body === undefined) return { end: 'cut' }
  if (body.error || body.type === 'error') return { end: 'error', error: body.error }
  if (front === 'messages') {
    const state = { usage: {} }
    addUsage(state, body.usage)
    return {
      end: 'whole',
      blocks: (body.content ?? []).map((block) => block ?? { type: 'null' }),
      stopReason: body.stop_reason,
      ...state,
    }
  }
  const { message, finish_reason: finish } = body.choices?.[0] ?? {}
  const calls = (message?.tool_calls ?? []).map(({ id, function: { name, arguments: text } }) => ({
    id,
    name,
    text,
  }))
  const usage = body.usage ? chatUsage(body.usage) : {}
  const blocks = chatBlocks(message?.content ?? '', calls)
  return { end: 'whole', blocks, stopReason: STOPS[finish] ?? finish, usage }
}
