import { blocksOf, type Content, knownBlock } from '../messages/request.ts'

/** The first system block of today's client: a hash that changes with every prompt. */
const BILLING_HEADER = 'x-anthropic-billing-header:'

/**
 * A system prompt as one text, without the client's billing header, which would spoil every
 * prompt cache. Blocks that are not text are named in `dropped`.
 */
export function systemText(content: Content | undefined, dropped: Set<string>): string {
  const texts: string[] = []
  for (const block of blocksOf(content)) {
    const known = knownBlock(block)
    if (known?.type !== 'text') dropped.add(`system.${block.type}`)
    else if (known.text !== '' && !isBillingHeader(known.text)) texts.push(known.text)
  }
  return texts.join('\n\n')
}

/** Whether a system block's text is the client's billing header. */
export function isBillingHeader(text: unknown): boolean {
  return typeof text === 'string' && text.startsWith(BILLING_HEADER)
}
