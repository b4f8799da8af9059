import { describe, expect, it } from 'vitest'
import { imageSize, pdfPages } from './media.ts'

/** Hand-made heads of files: nothing but what tells a size. */
const head = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((one) => Buffer.from(one as string, 'latin1')))
const padded = (bytes: Buffer, length = 64): Buffer =>
  Buffer.concat([bytes, Buffer.alloc(Math.max(0, length - bytes.length))])
const sizeOf = (bytes: Buffer, length?: number) =>
  imageSize(padded(bytes, length).toString('base64'))

const PNG = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]
const JPEG = [0xff, 0xd8]
/** A segment of a JPEG: what stands behind its length. */
const segment = (marker: number, ...body: readonly number[]): number[] => [
  ...[0xff, marker, 0, body.length + 2],
  ...body,
]
const frame = (marker = 0xc0): number[] => segment(marker, 8, 1, 44, 1, 144, 3, 0, 0, 0, 0, 0, 0)
const SIZE = { width: 400, height: 300 }

describe('the size of an image', () => {
  it.each([
    ['PNG', head(PNG, [0, 0, 0, 13], 'IHDR', [0, 0, 1, 144, 0, 0, 1, 44])],
    ['GIF', head('GIF89a', [144, 1, 44, 1])],
    ['JPEG', head(JPEG, frame())],
    ['progressive JPEG', head(JPEG, segment(0xe0, 1, 2, 3), frame(0xc2))],
    ['JPEG of the last kind', head(JPEG, frame(0xcf))],
    ['JPEG whose tables come first', head(JPEG, segment(0xc4, 9, 9, 9, 9, 9, 9), frame())],
    ['JPEG with filling', head(JPEG, [0xff, 0xff], frame())],
    ['lossy WebP', head('RIFF....WEBPVP8 ', Array<number>(10).fill(0), [144, 1, 44, 1])],
    [
      'lossless WebP',
      head(
        'RIFF....WEBPVP8L',
        [0, 0, 0, 0, 0x2f],
        [399 & 255, (399 >> 8) | ((299 & 3) << 6), 74, 0],
      ),
    ],
    ['extended WebP', head('RIFF....WEBPVP8X', Array<number>(8).fill(0), [143, 1, 0, 43, 1, 0])],
  ])('is that of a %s', (_, bytes) => {
    expect(sizeOf(bytes)).toEqual(SIZE)
  })

  it('may stand behind a long preview, but not behind any length', () => {
    const preview = segment(0xe1, ...Array<number>(200).fill(1))
    const behind = (count: number) =>
      sizeOf(head(JPEG, ...Array<number[]>(count).fill(preview), frame()))
    expect(behind(1_000)).toEqual(SIZE)
    expect(behind(1_600)).toBeUndefined()
  })

  it.each([
    ['nothing', head('')],
    ['text', head('GIFs are pictures that move, mostly of cats')],
    ['no image', head('RIFF....WAVEfmt ')],
    ['a WebP of tomorrow', head('RIFF....WEBPVP9 ')],
    ['a PNG without pixels', head(PNG, [0, 0, 0, 13], 'IHDR', [0, 0, 0, 0, 0, 0, 1, 44])],
    ['a GIF without lines', head('GIF89a', [144, 1, 0, 0])],
    ['a JPEG without a frame', head(JPEG, segment(0xe0, 1, 2, 3))],
    [
      'a JPEG whose frame is cut off',
      head(JPEG, segment(0xe0, ...Array<number>(52).fill(1)), [0xff, 0xc0]),
    ],
    ['a JPEG whose segments break off', head(JPEG, segment(0xe0, 1), [0], frame())],
  ])('is not known of %s', (_, bytes) => {
    expect(sizeOf(bytes)).toBeUndefined()
  })

  it('is not known of a few bytes', () => {
    const png = head(PNG, [0, 0, 0, 13], 'IHDR', [0, 0, 1, 144, 0, 0, 1, 44])
    expect(sizeOf(png, 29)).toBeUndefined()
    expect(sizeOf(png, 30)).toEqual(SIZE)
  })
})

describe('the pages of a PDF', () => {
  const pages = (text: string, filling = 0) =>
    pdfPages(Buffer.from(text + ' '.repeat(filling)).toString('base64'))

  it.each([
    ['those it names', '/Type /Page /Type/Page /Type  /Page\n/Type /Pages /Count 9', 3],
    ['its largest count, where it names none', '/Count 2 /Count  12 /Count 3', 12],
    ['one at least', '/Count 0', 1],
    ['one at least, also of a short one', 'no word of it', 1],
  ])('are %s', (_, text, count) => {
    expect(pages(text)).toBe(count)
  })

  it('are as many in the rest of a large one, and else guessed by its size', () => {
    expect(pages('/Type /Page '.repeat(10), 5_999_880)).toBe(20)
    expect(pages('', 750_000)).toBe(10)
  })
})
