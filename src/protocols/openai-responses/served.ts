import type { OutputItem } from './wire.ts'

/**
 * What OpenAI's own tools did, as far as a client can see it: nobody asks for them here but a body
 * that somebody's transformer made.
 * https://platform.openai.com/docs/api-reference/responses/object#responses/object-output
 */
const LINES: ReadonlyMap<string | undefined, (item: OutputItem) => string> = new Map([
  [
    'code_interpreter_call',
    ({ code, outputs }: OutputItem) =>
      [code, ...(outputs ?? []).map(({ logs }) => logs)].flatMap((text) => fenced(text)).join('\n'),
  ],
  [
    'file_search_call',
    ({ queries }: OutputItem) => `Searched the files: ${(queries ?? []).join(', ')}`,
  ],
  [
    'mcp_call',
    ({ server_label: server, name, arguments: args, output, error }: OutputItem) => {
      const called = `Called ${server ?? ''}.${name ?? ''}(${typeof args === 'string' ? args : ''})`
      return [called, ...fenced(error ? JSON.stringify(error) : output)].join('\n')
    },
  ],
  ['x_search_call', ({ action }: OutputItem) => `Searched X: ${action?.query ?? ''}`],
  ['custom_tool_call', ({ name, input }: OutputItem) => `Called ${name ?? ''}(${input ?? ''})`],
  ['local_shell_call', ({ action }: OutputItem) => `Ran ${JSON.stringify(action ?? {})}`],
])

function fenced(text: string | null | undefined): readonly string[] {
  return text ? [`\`\`\`\n${text}\n\`\`\``] : []
}

/** Lines on what a tool of the server's did; '' for an item that is none, or says nothing. */
export function servedText(item: OutputItem): string {
  return LINES.get(item.type)?.(item) ?? ''
}

/** A made image cannot be shown, only told. */
export const IMAGE_NOTE = '[the model answered with an image that cannot be shown]'

/**
 * xAI's names for the tools of its own servers, whose calls it lists as those of a custom tool.
 * https://docs.x.ai/docs/guides/tools/overview
 */
const SERVED_NAMES =
  /^(?:x_(?:keyword|semantic|user)_search|x_thread_fetch|view_x_video|view_image|web_search(?:_with_snippets)?|browse_page|open_page(?:_with_find)?|code_execution|(?:collections|file)_search)$/

/** Whether a custom tool's call was run by the server itself, so that nothing is left for the client. */
export function isServedCall({ name, call_id: id }: OutputItem): boolean {
  return SERVED_NAMES.test(name ?? '') || id?.startsWith('xs_call_') === true
}
