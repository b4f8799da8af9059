/** `REWRITE_SYSTEM_PROMPT`: puts the user's text in place of the client's system prompt. */
import { readFile } from 'node:fs/promises'
import { decoded } from '../lib/encoding.ts'
import type { Logger } from '../lib/log.ts'
import { type Block, blocksOf, knownBlock, type MessagesRequest } from '../messages/request.ts'

/** The request with the file's text as its system prompt; unchanged if the file cannot be read. */
export async function withUserPrompt(
  request: MessagesRequest,
  file: string,
  log: Logger,
): Promise<MessagesRequest> {
  try {
    return rewritten(request, decoded(await readFile(file)))
  } catch (cause) {
    log.warn({ cause }, `the system prompt in ${file} cannot be read; the client's prompt stays`)
    return request
  }
}

/** Marks the facts about the machine at the end of the client's prompt, which stay. */
const ENV_MARK = '<env>'

/** The client's block that stands before the prompt in requests of a conversation. */
const IDENTITY = /^You are (Claude Code|a Claude agent)\b.{0,80}$/

/**
 * The request with `text` as its system prompt. Older clients: the text replaces the block with
 * `<env>` up to this mark. Today's clients: it replaces the block after the one with the identity, if
 * the client offers tools, which distinguishes a conversation from requests for titles and the like.
 * Other requests stay unchanged.
 */
export function rewritten(request: MessagesRequest, text: string): MessagesRequest {
  const blocks = blocksOf(request.system)
  const index = promptIndex(blocks, request)
  const prompt = textOf(blocks[index])
  if (prompt === '') return request
  const facts = prompt.lastIndexOf(ENV_MARK)
  const whole = facts === -1 ? text : text + prompt.slice(facts)
  return { ...request, system: blocks.with(index, { ...(blocks[index] as Block), text: whole }) }
}

function promptIndex(blocks: readonly Block[], request: MessagesRequest): number {
  if (blocks.length < 2) return -1
  const withFacts = blocks.findIndex((block) => textOf(block).includes(ENV_MARK))
  if (withFacts !== -1) return withFacts
  const isConversation = (request.tools ?? []).some(({ type }) => type === undefined)
  const identity = blocks.findIndex((block) => IDENTITY.test(textOf(block).trim()))
  return isConversation && identity !== -1 ? identity + 1 : -1
}

function textOf(block: Block | undefined): string {
  const known = block && knownBlock(block)
  return known?.type === 'text' ? known.text : ''
}
