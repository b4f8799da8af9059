/** The size of images and the pages of PDFs, read from their first bytes (pure). */

export interface Size {
  readonly width: number
  readonly height: number
}

/** A JPEG's size may stand behind a preview of 64 KB and more; 4 characters are 3 bytes. */
const HEAD_CHARS = 400_000

/** Pages are looked for in so much of a document, in characters of base64. */
const PDF_CHARS = 4_000_000

/** Pixels of an image in base64; undefined for what is no PNG, JPEG, GIF or WebP. */
export function imageSize(base64: string): Size | undefined {
  const bytes = Buffer.from(base64.slice(0, HEAD_CHARS), 'base64')
  if (bytes.length < 30) return undefined
  if (bytes.readUInt32BE(0) === 0x89504e47)
    return sized(bytes.readUInt32BE(16), bytes.readUInt32BE(20))
  if (bytes.toString('latin1', 0, 4) === 'GIF8') {
    return sized(bytes.readUInt16LE(6), bytes.readUInt16LE(8))
  }
  if (bytes.readUInt16BE(0) === 0xffd8) return jpegSize(bytes)
  return bytes.toString('latin1', 8, 12) === 'WEBP' ? webpSize(bytes) : undefined
}

function sized(width: number, height: number): Size | undefined {
  return width > 0 && height > 0 ? { width, height } : undefined
}

/** Segments follow one another; the one that begins a frame holds the size. */
function jpegSize(bytes: Buffer): Size | undefined {
  let at = 2
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return sized(bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5))
    }
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}

/** Lossy, lossless and extended WebP each write it in their own way. */
function webpSize(bytes: Buffer): Size | undefined {
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return sized(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff)
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21)
      return sized((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)
    }
    case 'VP8X':
      return sized(bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1)
    default:
      return undefined
  }
}

/** Bytes of a page where the document hides its list of pages. */
const BYTES_PER_PAGE = 75_000

/**
 * Pages of a PDF in base64: those it names (of a large one as many in the rest as in the part that
 * is read), else the count in its catalogue, else by its size.
 */
export function pdfPages(base64: string): number {
  const read = base64.slice(0, PDF_CHARS)
  const text = Buffer.from(read, 'base64').toString('latin1')
  const named = text.match(/\/Type\s*\/Page(?![a-zA-Z])/g)?.length ?? 0
  if (named > 0) return Math.round((named * base64.length) / read.length)
  const counts = [...text.matchAll(/\/Count\s+(\d{1,5})/g)].map(([, count]) => Number(count))
  if (counts.length > 0) return Math.max(1, ...counts)
  return Math.max(1, Math.round((base64.length * 0.75) / BYTES_PER_PAGE))
}
