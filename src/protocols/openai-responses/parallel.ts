/**
 * OpenAI's models now and then write several calls as one call of a tool that nobody offered:
 * `parallel` or `multi_tool_use.parallel`, with `tool_uses: [{recipient_name, parameters}]`
 * (fixture parallel-tool-call-wrapper). Each of them is a call of its own.
 */
const WRAPPERS: ReadonlySet<unknown> = new Set([
  'parallel',
  'multi_tool_use.parallel',
  'multi_tool_use_parallel',
])

export interface Call {
  readonly name: string
  readonly args: string
}

/** Whether a call of this name may hold others, so that its arguments must be seen whole first. */
export function mayWrap(name: string | null | undefined): boolean {
  return WRAPPERS.has(name)
}

/** The calls inside a whole call; the call itself where it is not of the wrapper's form. */
export function unwrapped(call: Call): readonly Call[] {
  try {
    const { tool_uses: uses } = JSON.parse(call.args) as { tool_uses: readonly unknown[] }
    const calls = uses.filter(isToolUse).map(({ recipient_name: name, parameters }) => ({
      name: typeof name === 'string' ? name.replace(/^functions\./, '') : '',
      args: JSON.stringify(parameters ?? {}),
    }))
    return calls.length === 0 || calls.some(({ name }) => name === '') ? [call] : calls
  } catch {
    // No JSON, or no list of uses in it.
    return [call]
  }
}

interface ToolUse {
  readonly recipient_name?: unknown
  readonly parameters?: unknown
}

function isToolUse(use: unknown): use is ToolUse {
  return typeof use === 'object' && use !== null
}
