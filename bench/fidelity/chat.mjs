/**
 * Writes a Messages request as the Chat request that a client of such a gateway would send itself: for
 * contestants which take only Chat. It covers what bench/body.mjs and the checks contain, no more.
 */

/** @param request a Messages request. @returns the Chat request. */
export function toChat({ model, max_tokens, stream, system, messages, tools, ...rest }) {
  return {
    model,
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
    max_tokens,
    messages: [...systemOf(system), ...messages.flatMap(chatMessages)],
    ...(tools ? { tools: tools.map(chatTool) } : {}),
    ...(rest.stop_sequences ? { stop: rest.stop_sequences } : {}),
    ...(rest.tool_choice?.disable_parallel_tool_use ? { parallel_tool_calls: false } : {}),
  }
}

function systemOf(system) {
  if (system === undefined) return []
  const content = typeof system === 'string' ? system : system.map(({ text }) => text).join('\n')
  return [{ role: 'system', content }]
}

function chatTool({ name, description, input_schema: parameters }) {
  return { type: 'function', function: { name, description, parameters } }
}

function chatMessages({ role, content }) {
  if (typeof content === 'string') return [{ role, content }]
  const results = content.filter(({ type }) => type === 'tool_result').map(chatResult)
  const calls = content.filter(({ type }) => type === 'tool_use').map(chatCall)
  const parts = content.flatMap(chatPart)
  if (role === 'assistant') {
    const text = parts.map(({ text }) => text ?? '').join('')
    return [{ role, content: text || null, ...(calls.length > 0 ? { tool_calls: calls } : {}) }]
  }
  return parts.length > 0 ? [...results, { role, content: plain(parts) }] : results
}

function plain(parts) {
  return parts.every(({ type }) => type === 'text')
    ? parts.map(({ text }) => text).join('\n')
    : parts
}

function chatPart({ type, text, source }) {
  if (type === 'text') return [{ type, text }]
  if (type !== 'image') return []
  return [
    { type: 'image_url', image_url: { url: `data:${source.media_type};base64,${source.data}` } },
  ]
}

function chatCall({ id, name, input }) {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input) } }
}

function chatResult({ tool_use_id, content }) {
  const text =
    typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join('\n')
  return { role: 'tool', tool_call_id: tool_use_id, content: text }
}
