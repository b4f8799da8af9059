/**
 * The rules of other wire formats for a conversation with tool calls, as their vendors state them,
 * and what a body says of its calls. Written apart from the encoders: a body that breaks a rule
 * throws.
 */
import assert from 'node:assert/strict'

/** A call of the history with the result that answers it. */
export interface Exchange {
  readonly name: string
  readonly input: unknown
  readonly output: string
}

interface ResponsesBody {
  readonly input: readonly {
    readonly type: string
    readonly role?: string
    readonly call_id?: string
    readonly name?: string
    readonly arguments?: string
    readonly output?: unknown
    readonly encrypted_content?: string
  }[]
}

/**
 * Each `function_call` has one `function_call_output` behind it, and no message in between;
 * reasoning is followed by what it led to.
 * https://platform.openai.com/docs/guides/function-calling
 */
export function responsesHistory(body: unknown): readonly Exchange[] {
  const { input } = body as ResponsesBody
  const calls = new Map<string, { name: string; input: unknown }>()
  const outputs = new Map<string, string>()
  for (const [at, item] of input.entries()) {
    const id = item.call_id ?? ''
    if (item.type === 'function_call') {
      assert.match(id, /^.{1,64}$/)
      assert.ok(!calls.has(id), `call ${id} stands twice`)
      calls.set(id, { name: item.name ?? '', input: JSON.parse(item.arguments ?? '') })
    } else if (item.type === 'function_call_output') {
      assert.ok(calls.has(id) && !outputs.has(id), `no call for the result of ${id}`)
      outputs.set(id, JSON.stringify(item.output))
    } else if (item.type === 'reasoning') {
      const next = input[at + 1]
      assert.ok(
        next?.type === 'function_call' || next?.role === 'assistant',
        'reasoning for nothing',
      )
    } else {
      assert.equal(item.type, 'message')
      assert.equal(outputs.size, calls.size, 'a message between a call and its result')
    }
  }
  // Calls that run side by side are answered in the order in which they end.
  return [...calls].map(([id, call]) => {
    const output = outputs.get(id)
    assert.ok(output !== undefined, `no result for ${id}`)
    return { ...call, output }
  })
}

interface GeminiPart {
  readonly text?: string
  readonly thoughtSignature?: string
  readonly functionCall?: { readonly id?: string; readonly name: string; readonly args: unknown }
  readonly functionResponse?: {
    readonly id?: string
    readonly name: string
    readonly response: unknown
  }
}

interface GeminiBody {
  readonly contents: readonly { readonly role: string; readonly parts: readonly GeminiPart[] }[]
}

/**
 * User and model by turns; the content behind calls answers them all, in their order; the first
 * call of a model's content is signed.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export function geminiHistory(body: unknown): readonly Exchange[] {
  const { contents } = body as GeminiBody
  const exchanges: Exchange[] = []
  for (const [at, { role, parts }] of contents.entries()) {
    assert.equal(role, at % 2 === 0 ? 'user' : 'model')
    assert.ok(parts.length > 0, 'an empty content')
    const results = parts.flatMap(({ functionResponse }) => functionResponse ?? [])
    const callParts = (contents[at - 1]?.parts ?? []).filter((part) => part.functionCall)
    const calls = callParts.flatMap(({ functionCall }) => functionCall ?? [])
    assert.deepEqual(
      results.map(({ id, name }) => ({ id, name })),
      calls.map(({ id, name }) => ({ id, name })),
    )
    assert.ok(
      calls.length === 0 || callParts[0]?.thoughtSignature,
      'a first call without a signature',
    )
    for (const [n, { name, args }] of calls.entries()) {
      exchanges.push({ name, input: args, output: JSON.stringify(results[n]?.response) })
    }
  }
  assert.equal(contents.at(-1)?.role, 'user')
  return exchanges
}

interface ConverseBlock {
  readonly text?: string
  readonly reasoningContent?: unknown
  readonly toolUse?: { readonly toolUseId: string; readonly name: string; readonly input: unknown }
  readonly toolResult?: { readonly toolUseId: string; readonly content: unknown }
}

interface ConverseBody {
  readonly messages: readonly {
    readonly role: string
    readonly content: readonly ConverseBlock[]
  }[]
  readonly additionalModelRequestFields?: { readonly thinking?: unknown }
}

/**
 * User and assistant by turns; the message behind calls begins with a result for each; no text is
 * blank; where Claude thinks by a budget, the calls that are being answered begin with a thought.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/tool-use-inference-call.html
 * https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html
 */
export function converseHistory(body: unknown): readonly Exchange[] {
  const { messages, additionalModelRequestFields: more } = body as ConverseBody
  const exchanges: Exchange[] = []
  const ids = new Set<string>()
  for (const [at, { role, content }] of messages.entries()) {
    assert.equal(role, at % 2 === 0 ? 'user' : 'assistant')
    assert.ok(content.length > 0, 'an empty message')
    assert.ok(
      content.every(({ text }) => text === undefined || text.trim() !== ''),
      'blank text',
    )
    const results = content.flatMap(({ toolResult }) => toolResult ?? [])
    const calls = (messages[at - 1]?.content ?? []).flatMap(({ toolUse }) => toolUse ?? [])
    assert.equal(results.length, calls.length)
    assert.ok(content.slice(0, results.length).every((block) => block.toolResult))
    for (const { toolUseId, name, input } of calls) {
      assert.match(toolUseId, /^[\w-]{1,64}$/)
      assert.ok(!ids.has(toolUseId), `call ${toolUseId} stands twice`)
      ids.add(toolUseId)
      const result = results.find((other) => other.toolUseId === toolUseId)
      assert.ok(result, `no result for ${toolUseId}`)
      exchanges.push({ name, input, output: JSON.stringify(result.content) })
    }
  }
  const last = messages.findLast(({ role }) => role === 'assistant')?.content ?? []
  if (more?.thinking && last.some(({ toolUse }) => toolUse)) {
    assert.ok(last[0]?.reasoningContent, 'thinking is on and the last calls come without it')
  }
  assert.equal(messages.at(-1)?.role, 'user')
  return exchanges
}
