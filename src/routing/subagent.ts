/** Recognises the requests of sub-agents of Claude Code. */
import { blocksOf, type MessagesRequest } from '../messages/request.ts'

/**
 * Whether a request comes from a sub-agent of Claude Code (its Task or Agent tool). Today's client
 * says so in the header `x-claude-code-agent-id` and in the first block of the system prompt.
 * Clients without them (seen: 1.0.60, 2.0.30, 2.0.76, 2.1.20, 2.1.90) are known by the notes that
 * they append to the prompt of every sub-agent, also of one that the user defined; the prompt of
 * the main conversation never has them.
 */
export function isSubagent(request: MessagesRequest, agentId: string | undefined): boolean {
  if (agentId !== undefined && agentId !== '') return true
  const texts = blocksOf(request.system).map((block) =>
    typeof block['text'] === 'string' ? block['text'].trimStart() : '',
  )
  const [first = ''] = texts
  if (first.startsWith(BILLING))
    return first.split('\n', 1)[0]?.includes(MARK) === true ? true : hasOldMark(texts.slice(1))
  return hasOldMark(texts)
}

/** How the block begins in which the client says which version of it asks. */
const BILLING = 'x-anthropic-billing-header:'
const MARK = 'cc_is_subagent=true'

/** How the prompt of the main conversation begins, with or without an output style. */
const MAIN = ['You are an interactive CLI tool', 'You are an interactive agent']
const GENERAL = 'You are an agent for Claude Code'
/** The first of the notes, from 2.0 on and before. */
const NOTES = [
  'Notes:\n- Agent threads always have their cwd reset between bash calls',
  "Notes:\n- NEVER create files unless they're absolutely necessary for achieving your goal.",
]
/** What follows comes from the machine and the project: a commit may quote anything. */
const FACTS = ['\n<env>', '\ngitStatus: ', '\n# MCP Server Instructions']

/** `texts`: the blocks of the system prompt; the first may only say who speaks. */
function hasOldMark(texts: readonly string[]): boolean {
  if (texts.some((text) => MAIN.some((beginning) => text.startsWith(beginning)))) return false
  return texts.some((text) => {
    if (text.startsWith(GENERAL)) return true
    const prompt = beforeFacts(text)
    return NOTES.some((note) => startsALine(prompt, note))
  })
}

function beforeFacts(text: string): string {
  const ends = FACTS.map((fact) => text.indexOf(fact)).filter((at) => at !== -1)
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends))
}

function startsALine(text: string, line: string): boolean {
  return text.startsWith(line) || text.includes(`\n${line}`)
}
