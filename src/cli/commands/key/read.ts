/** Reads a secret from the user: typed without echo, or from a pipe. */
import type { Io } from '../../command.ts'
import { UserError } from '../../../lib/user-error.ts'

/** Longest key, in characters. The JSON document of a service account has about 2,400. */
const LONGEST = 65_536

/** The key; null if the user cancels. Throws UserError, which never repeats the input. */
export async function readKey(provider: string, io: Pick<Io, 'stderr'>): Promise<string | null> {
  const { stdin } = process
  if (stdin.isTTY) {
    const typed = await hidden(`Key of ${provider} (not shown): `, io)
    return typed === null ? null : checked(typed)
  }
  let text = ''
  stdin.setEncoding('utf8')
  for await (const part of stdin as AsyncIterable<string>) {
    text += part
    if (text.length > LONGEST) break
  }
  return checked(text)
}

/** The key without surrounding blanks. Throws UserError for input that cannot be a key. */
export function checked(text: string): string {
  const key = text.replace(/^\uFEFF/, '').trim()
  if (key === '') throw wrong('the input is empty')
  if (key.length > LONGEST) throw wrong('the input is too long for a key')
  if (key.startsWith('{')) {
    if (isDocument(key)) return key
    throw wrong(
      'the input is not a complete JSON document; pipe it in: ccr key set PROVIDER < FILE',
    )
  }
  if (/[\s\p{Cc}]/u.test(key)) throw wrong('a key cannot contain blanks or line breaks')
  if (/^\$/.test(key)) throw wrong('the input is the name of a variable, not its value')
  return key
}

function isDocument(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

function wrong(what: string): UserError {
  return new UserError(
    `${what}.`,
    'Nothing was stored. Type or pipe in only the key: ccr key set PROVIDER',
  )
}

/** Reads one line from the terminal without echo; null for Ctrl-C and Ctrl-D. */
function hidden(question: string, { stderr }: Pick<Io, 'stderr'>): Promise<string | null> {
  const { stdin } = process
  // Raw mode comes before the question, so that even an immediate answer is not echoed.
  stdin.setRawMode(true)
  stderr.write(question)
  let typed = ''
  return new Promise((resolve) => {
    const end = (result: string | null): void => {
      stdin.off('data', onData)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
      resolve(result)
    }
    const onData = (part: string): void => {
      for (const character of part) {
        if (character === '\r' || character === '\n') return end(typed)
        if (character === '\u0003' || character === '\u0004') return end(null)
        typed = edited(typed, character)
      }
    }
    stdin.setEncoding('utf8')
    stdin.on('data', onData)
    stdin.resume()
  })
}

function edited(typed: string, character: string): string {
  if (character === '\u007f' || character === '\b') return typed.slice(0, -1)
  return character === '\u0015' ? '' : typed + character
}
