/** Finds secrets in text by their value, also as others write them down or in part. */

/** Shorter ones are words (`ollama`), and masking them would take the sense out of a text. */
const SHORTEST_SECRET = 8

/** So many characters of a secret in a row give it away; of a short one the half, at least eight. */
const LONGEST_PIECE = 12

interface Known {
  /** Every secret in every form, longest first, so that no tail of a longer one stays. */
  readonly forms: readonly string[]
  /** By length: the pieces of secrets that are looked for. */
  readonly pieces: ReadonlyMap<number, ReadonlySet<string>>
  /** The characters with which a piece can begin. */
  readonly starts: ReadonlySet<number>
}

/** Lists of secrets live as long as their provider. */
const cache = new WeakMap<readonly string[], Known>()

function knownOf(secrets: readonly string[]): Known {
  const cached = cache.get(secrets)
  if (cached) return cached
  const long = [...new Set(secrets)].filter(({ length }) => length >= SHORTEST_SECRET)
  const forms = [...new Set(long.flatMap(formsOf))].sort((a, b) => b.length - a.length)
  const starts = new Set(
    long.flatMap((secret) => secret.split('').map((unit) => unit.charCodeAt(0))),
  )
  const known = { forms, pieces: piecesOf(long), starts }
  cache.set(secrets, known)
  return known
}

/** As it is, in JSON, in JSON within JSON, in a URL, and in base64, alone or behind something else. */
function formsOf(secret: string): string[] {
  const inJson = quoted(secret)
  const bytes = Buffer.from(secret)
  // Of the bytes: halves of characters have no form in a URL.
  const inUrl = encodeURIComponent(bytes.toString('utf8'))
  const forms = [secret, inJson, quoted(inJson), inUrl]
  for (const before of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    // Of the characters at both ends some bits belong to the neighbours.
    const first = before === 0 ? 0 : before + 1
    const whole = text.slice(first, Math.floor(((before + bytes.length) * 8) / 6))
    forms.push(whole, whole.replaceAll('+', '-').replaceAll('/', '_'))
  }
  return forms.filter(({ length }) => length >= SHORTEST_SECRET)
}

function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function piecesOf(secrets: readonly string[]): Map<number, Set<string>> {
  const pieces = new Map<number, Set<string>>()
  for (const secret of secrets) {
    const half = Math.floor(secret.length / 2)
    const length = Math.min(LONGEST_PIECE, Math.max(SHORTEST_SECRET, half))
    const known = pieces.get(length) ?? new Set()
    pieces.set(length, known)
    for (let at = 0; at + length <= secret.length; at += 1) known.add(secret.slice(at, at + length))
  }
  return pieces
}

/** The text with `mask` for each of the secrets, in whatever form it stands there whole. */
export function withoutSecrets(text: string, secrets: readonly string[], mask: string): string {
  let masked = text
  for (const form of knownOf(secrets).forms) masked = masked.replaceAll(form, mask)
  return masked
}

/** The same, also for what is quoted in part. For texts that are no JSON: escapes may be cut. */
export function withoutPieces(text: string, secrets: readonly string[], mask: string): string {
  const whole = withoutSecrets(text, secrets, mask)
  const { pieces, starts } = knownOf(secrets)
  let masked = ''
  let from = 0
  let at = 0
  while (at < whole.length) {
    let end = starts.has(whole.charCodeAt(at)) ? pieceEnd(whole, at, pieces) : at
    if (end === at) {
      at += 1
      continue
    }
    // As far as pieces overlap, it is one.
    for (let next = at + 1; next < end; next += 1)
      end = Math.max(end, pieceEnd(whole, next, pieces))
    masked += whole.slice(from, at) + mask
    from = end
    at = end
  }
  return masked + whole.slice(from)
}

/** Where the piece that stands at `at` ends; `at` itself where none does. */
function pieceEnd(text: string, at: number, pieces: Known['pieces']): number {
  for (const [length, known] of pieces) {
    if (known.has(text.slice(at, at + length))) return at + length
  }
  return at
}
