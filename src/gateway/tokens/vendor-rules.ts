/** How vendors count tokens, images and pages (pure). */
import type { Size } from './media.ts'

/**
 * How vendors count what is not the text of o200k: their vocabulary by a ratio, images and pages by
 * their published rules. Text: measured as the output tokens that vendors reported for
 * the texts they sent, beside o200k's count of the same texts (docs/fidelity.md).
 */
export interface Family {
  /** Tokens of this vendor for each of o200k, of prose and code. */
  readonly perToken: number
  /** Added where tools are offered: the vendor tells the model how to call them. */
  readonly toolPrompt: number
  /** @param size in pixels, undefined where it is not known. */
  readonly image: (size: Size | undefined) => number
  /** Text and picture of one page of a PDF. */
  readonly pdfPage: number
}

/** A screenshot, where its size is not known. */
const SCREEN: Size = { width: 1280, height: 800 }

/** https://docs.anthropic.com/en/docs/build-with-claude/vision#calculate-image-costs */
function byArea(size: Size = SCREEN): number {
  const { width, height } = fitted(size, 1568)
  return Math.min(1600, Math.ceil((width * height) / 750))
}

/** https://platform.openai.com/docs/guides/images-vision#calculating-costs: tiles of 512 pixels. */
function byTiles(base: number, tile: number) {
  return (size: Size = SCREEN): number => {
    const inside = fitted(size, 2048)
    const scale = Math.min(1, 768 / Math.min(inside.width, inside.height))
    const across = Math.ceil((inside.width * scale) / 512)
    const down = Math.ceil((inside.height * scale) / 512)
    return base + tile * across * down
  }
}

/** The same page: patches of 32 pixels, at most 1536, times a factor of the model. */
function byPatches(factor: number) {
  return ({ width, height }: Size = SCREEN): number => {
    const patches = Math.ceil(width / 32) * Math.ceil(height / 32)
    return Math.ceil(Math.min(1536, patches) * factor)
  }
}

/** https://ai.google.dev/gemini-api/docs/tokens: 258 for a small image, and for each tile of a larger one. */
function bySquares({ width, height }: Size = SCREEN): number {
  if (width <= 384 && height <= 384) return 258
  const unit = Math.min(768, Math.max(256, Math.floor(Math.min(width, height) / 1.5)))
  return 258 * Math.ceil(width / unit) * Math.ceil(height / unit)
}

function fitted({ width, height }: Size, longest: number): Size {
  const scale = Math.min(1, longest / Math.max(width, height))
  return { width: width * scale, height: height * scale }
}

const OTHER: Family = { perToken: 1, toolPrompt: 10, image: byArea, pdfPage: 1_500 }
const CLAUDE: Family = { perToken: 1.15, toolPrompt: 346, image: byArea, pdfPage: 2_250 }
const GEMINI: Family = { perToken: 1.08, toolPrompt: 10, image: bySquares, pdfPage: 258 }

/** The first whose pattern is in the model's id. */
const FAMILIES: readonly (readonly [RegExp, Family])[] = [
  // https://docs.anthropic.com/en/docs/about-claude/models: a vocabulary of up to 1.35 times the tokens.
  [/claude-(?:opus-4-[7-9]|(?:opus|sonnet|haiku|fable)-5)/, { ...CLAUDE, perToken: 1.3 }],
  [/claude/, CLAUDE],
  // https://ai.google.dev/gemini-api/docs/media-resolution: 1120 for an image, 560 for a page.
  [/gemini-[3-9]/, { ...GEMINI, image: () => 1_120, pdfPage: 560 }],
  [/gemini|gemma/, GEMINI],
  [/gpt-4o-mini/, { ...OTHER, image: byTiles(2_833, 5_667) }],
  [/gpt-(?:4\.1|5)-nano/, { ...OTHER, image: byPatches(2.46) }],
  [/gpt-(?:4\.1|5)-mini/, { ...OTHER, image: byPatches(1.62) }],
  [/o4-mini/, { ...OTHER, image: byPatches(1.72) }],
  [/gpt-[5-9]/, { ...OTHER, image: byTiles(70, 140) }],
  [/\bo[13]\b/, { ...OTHER, image: byTiles(75, 150) }],
  [/gpt-4|chatgpt/, { ...OTHER, image: byTiles(85, 170) }],
]

/** How a model's vendor counts. */
export function familyOf(model: string): Family {
  const id = model.toLowerCase().replace(/(claude-\w+-\d)\.(\d)/, '$1-$2')
  return FAMILIES.find(([pattern]) => pattern.test(id))?.[1] ?? OTHER
}
