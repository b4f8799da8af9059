/** Reads the last answer from a transcript of Claude Code. */
/** Reads the last answer from a transcript of Claude Code. */
import { readEnd } from '../../../lib/files.ts'

/** The last answer of a transcript. */
export interface Answered {
  readonly model: string
  /** Including tokens from the cache. */
  readonly inputTokens: number
  readonly outputTokens: number
}

/** How much of the end is read, in bytes: more than any answer; transcripts can be megabytes long. */
const END = 512 * 1024

interface Line {
  readonly type?: unknown
  readonly isSidechain?: unknown
  readonly message?: {
    readonly model?: unknown
    readonly usage?: Readonly<Record<string, unknown>>
  }
}

/** The last answer of the main conversation; undefined if there is none yet. */
export function lastAnswer(file: string): Answered | undefined {
  if (file === '') return undefined
  const lines = endOf(file).split('\n').reverse()
  for (const line of lines) {
    const answer = line.includes('"assistant"') ? answered(line) : undefined
    if (answer !== undefined) return answer
  }
  return undefined
}

function endOf(file: string): string {
  try {
    return readEnd(file, 0, END)
  } catch {
    return ''
  }
}

/** The answer in a line; undefined for other lines, sub-agents, synthetic answers and partial lines. */
function answered(line: string): Answered | undefined {
  try {
    const { type, isSidechain, message } = JSON.parse(line) as Line
    const { model, usage } = message ?? {}
    if (type !== 'assistant' || isSidechain === true || usage === undefined) return undefined
    if (typeof model !== 'string' || model === '' || model === '<synthetic>') return undefined
    const count = (name: string): number => (typeof usage[name] === 'number' ? usage[name] : 0)
    const cached = count('cache_read_input_tokens') + count('cache_creation_input_tokens')
    const outputTokens = count('output_tokens')
    return { model, inputTokens: count('input_tokens') + cached, outputTokens }
  } catch {
    return undefined
  }
}
