import JSON5 from 'json5'
import { isTextTooDeep } from '../lib/depth.ts'
import type { StopReason } from '../messages/events.ts'
import type { Writer } from '../messages/writer.ts'
import { onResponse, type Transform } from './transform.ts'
import { overrideWriter } from './override-writer.ts'

/**
 * Arguments of tool calls that are not JSON are repaired, for which they are held back until the
 * answer ends. What was cut off by the output limit is left as it is: half a command must not run.
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
    stop(said, sequence) {
      reason = said
      writer.stop(said, sequence)
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

/** Longer ones are left as they are, characters: the parser takes a second for a megabyte. */
const LONGEST = 512 * 1024

/** JSON of an object in place of what is nearly one; anything else as it is. */
export function repaired(args: string): string {
  if (args.length > LONGEST || isTextTooDeep(args)) return args
  if (args.trim() === '' || isObject(parsed(JSON.parse, args))) return args
  const inside = unfenced(args)
  const attempts = [args, inside, unbroken(inside)].flatMap((attempt) => [
    attempt,
    `${attempt}}`,
    attempt.replace(/\}\s*$/, ''),
  ])
  // Most of them are the same, and the parser takes its time.
  for (const text of new Set(attempts)) {
    const value = parsedRelaxed(text)
    if (isObject(value)) return JSON.stringify(value)
  }
  return args
}

/** Also of arguments that were encoded twice. */
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

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Without a Markdown fence around it. */
function unfenced(text: string): string {
  const inside = text.replace(/^\s*```\w*\s*/, '').trimEnd()
  return inside.endsWith('```') ? inside.slice(0, -3).trimEnd() : inside
}

/** With the line breaks and tabs inside strings, also one without an end, written as JSON wants them. */
function unbroken(text: string): string {
  return text.replace(/"(?:[^"\\]|\\[^])*"?/g, (string) =>
    string.replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll('\t', '\\t'),
  )
}
