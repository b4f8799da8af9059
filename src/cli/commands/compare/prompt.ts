/** What is asked: words of the command line, a file, standard input. */
import { readFileSync } from 'node:fs'
import { UserError } from '../../../lib/user-error.ts'
import { UsageError } from '../../command.ts'

export interface PromptSource {
  readonly words: readonly string[]
  /** A file; `-` for standard input. */
  readonly file: string | undefined
}

/**
 * The prompt. With words and a file it is both, the words first; with neither it is what comes on
 * standard input. Throws UsageError when there is nothing, UserError when it cannot be read.
 */
export async function readPrompt({ words, file }: PromptSource): Promise<string> {
  const text = words.join(' ')
  const piped = file === undefined && text === '' && !process.stdin.isTTY
  const read = file === '-' || piped ? await standardInput() : file && readFile(file)
  const prompt = [text, read ?? ''].filter((part) => part.trim() !== '').join('\n\n')
  if (prompt !== '') return prompt
  throw new UsageError(
    'ccr compare: there is no prompt.',
    'Write: ccr compare -m MODEL -m MODEL "PROMPT", or give it by --file FILE or standard input.',
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
