/**
 * OpenAI's models now and then write several calls as one call of a tool that nobody offered:
 * `parallel` or `multi_tool_use.parallel`, with `tool_uses: [{recipient_name, parameters}]`
 * (fixture parallel-tool-call-wrapper). Each of them is a call of its own.
 */
const WRAPPERS: ReadonlySet<string> = new Set([
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
  return WRAPPERS.has(name ?? '')
}

/** The calls inside a whole call; the call itself where it is not of the wrapper's form. */
export function unwrapped(call: Call): readonly Call[] {
  const uses = toolUses(call.args)
  const calls = uses.map(({ recipient_name: name, parameters }) => ({
    name: typeof name === 'string' ? name.replace(/^functions\./, '') : '',
    args: JSON.stringify(parameters ?? {}),
  }))
  return calls.length === 0 || calls.some(({ name }) => name === '') ? [call] : calls
}

interface ToolUse {
  readonly recipient_name?: unknown
  readonly parameters?: unknown
}

function toolUses(args: string): readonly ToolUse[] {
  try {
    const { tool_uses: uses } = JSON.parse(args) as { tool_uses?: unknown }
    if (!Array.isArray(uses)) return []
    return uses.filter((use): use is ToolUse => typeof use === 'object' && use !== null)
  } catch {
    return []
  }
}
