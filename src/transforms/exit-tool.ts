/** The transformer `tooluse`: makes a model answer with tool calls only. */
import { offeredTools } from '../protocols/tools.ts'
import { blocksOf, type MessagesRequest, type Tool } from '../messages/request.ts'
import type { Writer } from '../messages/writer.ts'
import { chained, onRequest, onResponse, overrideWriter, type Transform } from './transform.ts'

const NAME = 'ExitTool'

const EXIT: Tool = {
  name: NAME,
  description:
    'Ends the work with an answer to the user. Call it when no other tool is needed any more, or none fits; the answer goes to the user as it is.',
  input_schema: {
    type: 'object',
    properties: { response: { type: 'string', description: 'The answer to the user.' } },
    required: ['response'],
  },
}

const PROMPT = `Every answer has to be a tool call. Use the tools to do the work; when it is done, or no tool fits, call ${NAME} with the answer to the user.`

/**
 * For models that write about tools instead of calling them: each answer must be a call, and an answer
 * without one is a call of a tool whose text goes to the user.
 */
export const exitTool: Transform = chained(onRequest(withExit), onResponse(unwrapExit))

function withExit(request: MessagesRequest): MessagesRequest {
  const { functions } = offeredTools(request)
  if (functions.length === 0) return request
  return {
    ...request,
    system: [...blocksOf(request.system), { type: 'text', text: PROMPT }],
    tools: [...(request.tools ?? []), EXIT],
    tool_choice: { type: 'any' },
  }
}

function unwrapExit(writer: Writer): Writer {
  const exits = new Map<string, { args: string; isWritten: boolean }>()
  const finish = (): void => {
    for (const exit of exits.values())
      if (!exit.isWritten) writer.text(answerIn(exit.args) ?? exit.args)
    exits.clear()
  }
  return overrideWriter(writer, {
    tool(key, part) {
      if (part.name === NAME && !exits.has(key)) exits.set(key, { args: '', isWritten: false })
      const exit = exits.get(key)
      if (exit === undefined) {
        writer.tool(key, part)
        return
      }
      if (exit.isWritten) return
      exit.args += part.args ?? ''
      const answer = answerIn(exit.args)
      if (answer === undefined) return
      exit.isWritten = true
      writer.text(answer)
    },
    toolIsWhole: (key) => exits.get(key)?.isWritten ?? writer.toolIsWhole(key),
    hasContent() {
      return exits.size > 0 || writer.hasContent()
    },
    finish() {
      finish()
      writer.finish()
    },
  })
}

/** The answer in complete arguments; undefined while they are incomplete. */
function answerIn(args: string): string | undefined {
  try {
    const { response } = JSON.parse(args) as { response?: unknown }
    return typeof response === 'string' ? response : args
  } catch {
    return undefined
  }
}
