/** Takes secrets out of a provider's answer, before it is kept as a fixture. */

/** Keys and tokens as vendors shape them, whoever's they are. */
const SHAPES: readonly RegExp[] = [
  /\b(?:sk|pk|rk|gsk|xai|pplx|csk|nvapi|hf|r8|tgp_v1|fw)[-_][A-Za-z0-9_-]{16,}/g,
  /\bAIza[A-Za-z0-9_-]{30,}/g,
  /\bya29\.[A-Za-z0-9._-]{20,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+/g,
  /\bBearer\s+[A-Za-z0-9._~+/=-]{12,}/gi,
  /[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z.]{2,}/g,
]

/** Fields that name an account or a person. */
const OWNER =
  /"((?:organization|org|account|project|user|team|customer|tenant|workspace|safety_identifier)(?:_?id)?)"\s*:\s*"(?:[^"\\]|\\.)*"/gi

const REMOVED = 'removed'

/**
 * The text without the secrets, however they are written in it.
 * @throws Error if one is in it all the same, for instance cut into pieces over several events:
 * then nothing may be kept.
 */
export function scrubbed(text: string, secrets: readonly string[]): string {
  const known = secrets.filter((secret) => secret.length >= 6)
  let clean = text
  for (const secret of known) {
    for (const form of formsOf(secret)) clean = clean.replaceAll(form, REMOVED)
  }
  for (const shape of SHAPES) clean = clean.replace(shape, REMOVED)
  clean = clean.replace(OWNER, (_, field: string) => `"${field}":"${REMOVED}"`)
  for (const secret of known) {
    if (formsOf(secret).some((form) => isWithin(form, clean))) {
      throw new Error('a secret is in the answer in a form that cannot be removed; nothing is kept')
    }
  }
  return clean
}

/** As it is, in a URL, in JSON, in base64 of both alphabets, in hex. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const json = JSON.stringify(secret).slice(1, -1)
  const unpadded = bytes.toString('base64').replace(/=+$/, '')
  return [
    ...new Set([
      secret,
      encodeURIComponent(secret),
      json,
      unpadded,
      bytes.toString('base64url'),
      bytes.toString('hex'),
    ]),
  ].sort((one, other) => other.length - one.length)
}

/** Also in pieces: the text of an answer is in strings of many events. */
function isWithin(form: string, text: string): boolean {
  if (text.includes(form)) return true
  return textsIn(text).some((value) => value.includes(form))
}

/** The texts of the events, field by field, put together. */
function textsIn(text: string): readonly string[] {
  const fields = new Map<string, string>()
  for (const [, field = '', piece = ''] of text.matchAll(/"(\w+)"\s*:\s*"((?:[^"\\]|\\.)*)"/g)) {
    fields.set(field, (fields.get(field) ?? '') + unescaped(piece))
  }
  return [...fields.values()]
}

function unescaped(escaped: string): string {
  try {
    return JSON.parse(`"${escaped}"`) as string
  } catch {
    return escaped
  }
}
