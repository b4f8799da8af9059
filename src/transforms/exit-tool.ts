import { offeredTools } from '../protocols/tools.ts'
import { blocksOf, type MessagesRequest, type Tool } from '../messages/request.ts'
import type { Writer } from '../messages/writer.ts'
import { both, onRequest, onResponse, type Transform } from './transform.ts'
import { overrideWriter } from './override-writer.ts'

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

const ASK = `Every answer has to be a tool call. Use the tools to do the work; when it is done, or no tool fits, call ${NAME} with the answer to the user.`

/**
 * For models that talk about tools instead of calling them: a call is required, and a tool that
 * says text stands for answering without one.
 */
export const exitTool: Transform = both(onRequest(withExit), onResponse(unwrapExit))

function withExit(request: MessagesRequest): MessagesRequest {
  const { functions } = offeredTools(request)
  if (functions.length === 0) return request
  return {
    ...request,
    system: [...blocksOf(request.system), { type: 'text', text: ASK }],
    tools: [...(request.tools ?? []), EXIT],
    tool_choice: { type: 'any' },
  }
}

function unwrapExit(writer: Writer): Writer {
  const exits = new Map<string, { args: string; isSaid: boolean }>()
  const finish = (): void => {
    for (const exit of exits.values())
      if (!exit.isSaid) writer.text(answerIn(exit.args) ?? exit.args)
    exits.clear()
  }
  return overrideWriter(writer, {
    tool(key, part) {
      if (part.name === NAME && !exits.has(key)) exits.set(key, { args: '', isSaid: false })
      const exit = exits.get(key)
      if (exit === undefined) {
        writer.tool(key, part)
        return
      }
      if (exit.isSaid) return
      exit.args += part.args ?? ''
      const answer = answerIn(exit.args)
      if (answer === undefined) return
      exit.isSaid = true
      writer.text(answer)
    },
    toolIsWhole: (key) => exits.get(key)?.isSaid ?? writer.toolIsWhole(key),
    hasContent() {
      return exits.size > 0 || writer.hasContent()
    },
    finish() {
      finish()
      writer.finish()
    },
  })
}

/** The answer in whole arguments. */
function answerIn(args: string): string | undefined {
  try {
    const { response } = JSON.parse(args) as { response?: unknown }
    return typeof response === 'string' ? response : args
  } catch {
    return undefined
  }
}
