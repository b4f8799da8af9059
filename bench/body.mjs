/**
 * Makes a request of the size and shape of Claude Code's: at least `kilobytes` of system prompt,
 * tools and turns.
 */
export function requestBody(kilobytes, tools = 12) {
  const prose = 'Use the tools that you have; say what you did and why, in plain words. '
  const filler = (bytes) => prose.repeat(Math.ceil(bytes / prose.length)).slice(0, bytes)
  const tool = (n) => ({
    name: `Tool${n}`,
    description: filler(1_500),
    input_schema: {
      type: 'object',
      properties: { path: { type: 'string' }, text: { type: 'string' } },
      required: ['path'],
    },
  })
  const request = {
    model: 'm',
    stream: true,
    max_tokens: 32_000,
    system: [{ type: 'text', text: filler(12_000), cache_control: { type: 'ephemeral' } }],
    tools: Array.from({ length: tools }, (_, n) => tool(n)),
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
    thinking: { type: 'adaptive' },
    output_config: { effort: 'medium' },
    metadata: { user_id: '{"session_id":"bench"}' },
  }
  for (let turn = 0; JSON.stringify(request).length < kilobytes * 1000; turn += 1) {
    const id = `toolu_${turn}`
    request.messages.push(
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Looking.' },
          { type: 'tool_use', id, name: 'Tool1', input: { path: `/file${turn}` } },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: filler(4_000) }] },
    )
  }
  return JSON.stringify(request)
}
