import { readFile } from 'node:fs/promises'
import { decoded } from '../lib/encoding.ts'
import type { Logger } from '../lib/log.ts'
import { type Block, blocksOf, knownBlock, type MessagesRequest } from '../messages/request.ts'

/** `REWRITE_SYSTEM_PROMPT`: the user's own text in place of the client's system prompt. */

/** The request with the file's text as its system prompt; as it is where the file cannot be read. */
export async function withUserPrompt(
  request: MessagesRequest,
  file: string,
  log: Logger,
): Promise<MessagesRequest> {
  try {
    return rewritten(request, decoded(await readFile(file)))
  } catch (cause) {
    log.warn({ cause }, `the system prompt in ${file} cannot be read; the client's own stays`)
    return request
  }
}

/** The client's block of this kind ends in facts about the machine, which stay. */
const FACTS = '<env>'

/** How the client's requests of a conversation introduce themselves, before the prompt itself. */
const IDENTITY = /^You are (Claude Code|a Claude agent)\b.{0,80}$/

/**
 * The request with `text` as its system prompt. Older clients: in the block with `<env>`, up to
 * there. Today's: the block behind the one that says who speaks, if the client offers tools, which
 * sets a conversation apart from requests for titles and the like. Others stay as they are.
 */
export function rewritten(request: MessagesRequest, text: string): MessagesRequest {
  const blocks = blocksOf(request.system)
  const index = promptIndex(blocks, request)
  const prompt = textOf(blocks[index])
  if (prompt === '') return request
  const facts = prompt.lastIndexOf(FACTS)
  const whole = facts === -1 ? text : text + prompt.slice(facts)
  return { ...request, system: blocks.with(index, { ...(blocks[index] as Block), text: whole }) }
}

function promptIndex(blocks: readonly Block[], request: MessagesRequest): number {
  if (blocks.length < 2) return -1
  const withFacts = blocks.findIndex((block) => textOf(block).includes(FACTS))
  if (withFacts !== -1) return withFacts
  const isConversation = (request.tools ?? []).some(({ type }) => type === undefined)
  const identity = blocks.findIndex((block) => IDENTITY.test(textOf(block).trim()))
  return isConversation && identity !== -1 ? identity + 1 : -1
}

function textOf(block: Block | undefined): string {
  const known = block && knownBlock(block)
  return known?.type === 'text' ? known.text : ''
}
