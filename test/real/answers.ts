/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument, @typescript-eslint/restrict-plus-operands -- bodies of others, read as they are */
/** Reads recorded answers as simply as possible and without any of ccr's code: what a server really generated. */

/** What one answer of a server holds, whichever its API. */
export interface Raw {
  readonly text: string
  /** The arguments of its tool calls, as texts of JSON. */
  readonly calls: readonly { readonly name: string; readonly input: unknown }[]
}

/** @param answer a body: an event stream, or one JSON text. */
export function rawAnswer(way: string, answer: string): Raw {
  const events = answer.startsWith('{') ? [] : dataOf(answer)
  const whole = answer.startsWith('{') ? JSON.parse(answer) : undefined
  if (way === 'messages') return ofMessages(events, whole)
  if (way === 'responses') return ofResponses(events, whole)
  return ofChat(events, whole)
}

type Json = any // eslint-disable-line @typescript-eslint/no-explicit-any -- the point is to read it as it is

/** Arguments that were cut stay text. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

function dataOf(stream: string): readonly Json[] {
  return stream
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trim())
    .filter((data) => data !== '' && data !== '[DONE]')
    .map((data) => JSON.parse(data))
}

function ofChat(events: readonly Json[], whole: Json): Raw {
  const deltas = whole
    ? [whole.choices[0].message]
    : events.flatMap((event) => event.choices?.[0]?.delta ?? [])
  const calls = new Map<number, { name: string; args: string }>()
  for (const delta of deltas) {
    for (const [n, call] of (delta.tool_calls ?? []).entries()) {
      const at = call.index ?? n
      const seen = calls.get(at) ?? { name: '', args: '' }
      seen.name ||= call.function?.name ?? ''
      seen.args += call.function?.arguments ?? ''
      calls.set(at, seen)
    }
  }
  return {
    text: deltas.map((delta) => delta.content ?? '').join(''),
    calls: [...calls.values()].map(({ name, args }) => ({ name, input: parsed(args || '{}') })),
  }
}

function ofMessages(events: readonly Json[], whole: Json): Raw {
  if (whole) {
    const blocks: readonly Json[] = whole.content ?? []
    return {
      text: blocks.map((block) => block.text ?? '').join(''),
      calls: blocks
        .filter(({ type }) => type === 'tool_use')
        .map(({ name, input }) => ({ name, input })),
    }
  }
  const blocks = new Map<number, { name: string; json: string; input: unknown }>()
  let text = ''
  for (const { type, index, delta, content_block: block } of events) {
    if (type === 'content_block_start' && block.type === 'tool_use')
      blocks.set(index, { name: block.name, json: '', input: block.input })
    if (type === 'content_block_start' && block.type === 'text') text += block.text ?? ''
    if (type === 'content_block_delta') text += delta.text ?? ''
    const call = blocks.get(index)
    if (type === 'content_block_delta' && call) call.json += delta.partial_json ?? ''
  }
  return {
    text,
    calls: [...blocks.values()].map(({ name, json, input }) => ({
      name,
      input: json === '' ? input : parsed(json),
    })),
  }
}

function ofResponses(events: readonly Json[], whole: Json): Raw {
  const last = whole ?? events.findLast(({ response }) => response?.output)?.response
  const done = events.filter(({ type }) => type === 'response.output_item.done')
  const output: readonly Json[] = last?.output?.length ? last.output : done.map(({ item }) => item)
  return {
    text: output
      .flatMap(({ content }) => content ?? [])
      .map((part: Json) => part.text ?? '')
      .join(''),
    calls: output
      .filter(({ type }) => type === 'function_call')
      .map(({ name, arguments: args }) => ({ name, input: parsed(args) })),
  }
}
