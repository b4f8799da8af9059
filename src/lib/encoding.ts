/** How the user's text files are encoded: PowerShell 5 and Notepad write UTF-16, others a mark. */

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'

const MARK = '\uFEFF'

/** The text of a file in UTF-8 or UTF-16, without its byte order mark. */
export function decoded(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes)
}

/**
 * The bytes of a new text for the file that has `bytes`: encoded as it is, with a mark where it has
 * one. Undefined where `bytes` hold what is no text, and so would be lost.
 */
export function encodedAs(bytes: Uint8Array, text: string): Uint8Array | undefined {
  const encoding = encodingOf(bytes)
  const present = new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes)
  if (Buffer.compare(encoded(present, encoding), bytes) !== 0) return undefined
  return encoded(present.startsWith(MARK) ? MARK + text : text, encoding)
}

/** By its mark; without one by the zero beside the first character, which JSON takes from ASCII. */
function encodingOf([first, second]: Uint8Array): Encoding {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be'
  return 'utf-8'
}

function encoded(text: string, encoding: Encoding): Buffer {
  if (encoding === 'utf-8') return Buffer.from(text)
  const bytes = Buffer.from(text, 'utf16le')
  return encoding === 'utf-16le' ? bytes : bytes.swap16()
}
