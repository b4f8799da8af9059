/** Reads the prompt of `ccr compare` from the command line, a file or standard input. */
import { readFileSync } from 'node:fs'
import { UserError } from '../../../lib/user-error.ts'
import { UsageError } from '../../command.ts'

export interface PromptSource {
  readonly words: readonly string[]
  /** A file; `-` for standard input. */
  readonly file: string | undefined
}

/**
 * The prompt: the words, followed by the file if there are both; standard input if there is neither.
 * Throws UsageError if the prompt is empty, UserError if it cannot be read.
 */
export async function readPrompt({ words, file }: PromptSource): Promise<string> {
  const text = words.join(' ')
  const piped = file === undefined && text === '' && !process.stdin.isTTY
  const read = file === '-' || piped ? await standardInput() : file && readFile(file)
  const prompt = [text, read ?? ''].filter((part) => part.trim() !== '').join('\n\n')
  if (prompt !== '') return prompt
  throw new UsageError(
    'ccr compare: there is no prompt.',
    'Write: ccr compare -m MODEL -m MODEL "PROMPT", or use --file FILE or standard input.',
  )
}

async function standardInput(): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UserError(`ccr compare: ${why}`, 'Give the file with the prompt: --file FILE', cause)
  }
}
