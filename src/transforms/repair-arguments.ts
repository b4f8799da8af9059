/** The transformer `enhancetool`: repairs the arguments of tool calls. */
import { isObject } from '../lib/json.ts'
import JSON5 from 'json5'
import { isTextTooDeep } from '../lib/depth.ts'
import type { StopReason } from '../messages/events.ts'
import type { Writer } from '../messages/writer.ts'
import { onResponse, overrideWriter, type Transform } from './transform.ts'

/**
 * Repairs arguments of tool calls that are not JSON, and holds all arguments back until the answer
 * ends. Arguments that the output limit cut off stay as they are: half a command must not run.
 */
export const repairArguments: Transform = onResponse((writer: Writer) => {
  const calls = new Map<string, string>()
  let reason: StopReason | undefined
  return overrideWriter(writer, {
    tool(key, part) {
      calls.set(key, (calls.get(key) ?? '') + (part.args ?? ''))
      writer.tool(key, { ...part, args: '' })
    },
    toolIsWhole: (key) => isObject(parsed(JSON.parse, calls.get(key) ?? '')),
    stop(stopReason, sequence) {
      reason = stopReason
      writer.stop(stopReason, sequence)
    },
    finish() {
      for (const [key, args] of calls) {
        writer.tool(key, { args: reason === 'max_tokens' ? args : repaired(args) })
      }
      calls.clear()
      writer.finish()
    },
  })
})

/** Longer arguments are not repaired, in characters: the parser takes a second for a megabyte. */
const MAX_LENGTH = 512 * 1024

/** The JSON of an object for text that is nearly one; any other text unchanged. */
export function repaired(args: string): string {
  if (args.length > MAX_LENGTH || isTextTooDeep(args)) return args
  if (args.trim() === '' || isObject(parsed(JSON.parse, args))) return args
  const inside = withoutFence(args)
  const attempts = [args, inside, withEscapedBreaks(inside)].flatMap((attempt) => [
    attempt,
    `${attempt}}`,
    attempt.replace(/\}\s*$/, ''),
  ])
  // Most attempts are equal, and the parser is slow.
  for (const text of new Set(attempts)) {
    const value = parsedRelaxed(text)
    if (isObject(value)) return JSON.stringify(value)
  }
  return args
}

/** Parses JSON5, also if the text was encoded twice. */
function parsedRelaxed(text: string): unknown {
  const value = parsed(JSON5.parse, text)
  return typeof value === 'string' ? parsed(JSON5.parse, value) : value
}

function parsed(parse: (text: string) => unknown, text: string): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

/** Without a Markdown fence around it. */
function withoutFence(text: string): string {
  const inside = text.replace(/^\s*```\w*\s*/, '').trimEnd()
  return inside.endsWith('```') ? inside.slice(0, -3).trimEnd() : inside
}

/** Escapes line breaks and tabs inside strings, also in a string without an end. */
function withEscapedBreaks(text: string): string {
  return text.replace(/"(?:[^"\\]|\\[^])*"?/g, (string) =>
    string.replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll('\t', '\\t'),
  )
}
