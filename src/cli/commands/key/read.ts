/** A secret from the user: typed without being shown, or from a pipe. */
import type { Io } from '../../command.ts'
import { UserError } from '../../../lib/user-error.ts'

/** The document of a service account has 2,400 characters. */
const LONGEST = 65_536

/** The key; null when the user gave up. Throws UserError, which never repeats what was read. */
export async function readKey(provider: string, io: Pick<Io, 'stderr'>): Promise<string | null> {
  const { stdin } = process
  if (stdin.isTTY) {
    const typed = await hidden(`Key of ${provider} (it is not shown): `, io)
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

/** The key without what surrounds it. Throws UserError for what cannot be one. */
export function checked(text: string): string {
  const key = text.replace(/^\uFEFF/, '').trim()
  if (key === '') throw wrong('there is no key in what was read')
  if (key.length > LONGEST) throw wrong('that is too long for a key')
  if (key.startsWith('{')) {
    if (isDocument(key)) return key
    throw wrong('that is no whole JSON document; pipe it in: ccr key set PROVIDER < FILE')
  }
  if (/[\s\p{Cc}]/u.test(key)) throw wrong('a key has no blanks and no second line')
  if (/^\$/.test(key)) throw wrong('that is the name of a variable, and not what it holds')
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
    'Nothing was kept. Type or pipe in the key alone: ccr key set PROVIDER',
  )
}

/** One line from the terminal, which shows nothing of it; null for Ctrl-C and Ctrl-D. */
function hidden(question: string, { stderr }: Pick<Io, 'stderr'>): Promise<string | null> {
  const { stdin } = process
  // Before the question: whoever answers at once must not be echoed.
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
