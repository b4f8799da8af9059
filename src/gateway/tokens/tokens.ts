import type { Target } from '../../protocols/protocol.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import type { TokenCounter } from './counter.ts'
import { familyOf } from './family.ts'
import { piecesOf } from './pieces.ts'

/**
 * What chat templates put around each message and each tool, and before the answer:
 * https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken
 */
const PER_MESSAGE = 4
const PER_TOOL = 8
const PER_REQUEST = 3

/**
 * Input tokens of a request for a target's model: text by o200k and what the vendor's own
 * vocabulary makes of it, images and pages by the vendor's rules.
 * @param target undefined before the request has one.
 * @returns undefined where they could not be counted in time.
 */
export async function countTokens(
  request: MessagesRequest,
  target: Target | undefined,
  { counter, withinMs }: { readonly counter: TokenCounter; readonly withinMs: number },
): Promise<number | undefined> {
  const pieces = piecesOf(request, target)
  const counts = await counter.count(pieces.texts, withinMs)
  if (counts === undefined) return undefined
  const family = familyOf(target?.model ?? '')
  const text =
    counts.reduce((sum, count) => sum + count, 0) +
    PER_MESSAGE * pieces.messages +
    PER_TOOL * pieces.tools +
    PER_REQUEST
  return Math.ceil(
    family.perToken * text +
      (pieces.tools > 0 ? family.toolPrompt : 0) +
      pieces.images.reduce((sum, size) => sum + family.image(size), 0) +
      pieces.pdfPages * family.pdfPage,
  )
}
