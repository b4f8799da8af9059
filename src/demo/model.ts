/**
 * The demo model: pure and deterministic. It answers in a style that depends on its name, calls
 * the tool that the user asks for (`run: COMMAND`, `write: PATH: TEXT`), and reports the result.
 */
import { counted } from '../lib/counted.ts'
import type { DemoMessage, DemoRequest } from './request.ts'

export interface DemoCall {
  readonly id: string
  readonly name: string
  readonly arguments: Readonly<Record<string, string>>
}

export interface DemoReply {
  readonly text: string
  readonly call: DemoCall | null
  readonly finish: 'stop' | 'length' | 'tool_calls'
  readonly usage: { readonly prompt: number; readonly completion: number }
}

/** Longest piece of the user's words or of a tool's output that an answer repeats, in characters. */
const QUOTED = 2000

/** The answer to a request: the same request always gets the same answer. */
export function answer(request: DemoRequest): DemoReply {
  const { messages } = request
  const lastUser = messages.findLastIndex(
    ({ role, text }) => role === 'user' && userText(text) !== '',
  )
  const prompt = userText(messages[lastUser]?.text ?? '')
  if (request.wanted) return reply(request, structured(request.wanted, prompt))

  const results = messages.slice(lastUser + 1).filter(({ role }) => role === 'tool')
  if (results.length > 0) return reply(request, report(request.model, results))

  const call = callFor(prompt, request)
  if (call) return callReply(request, call)
  return reply(request, style(request.model)(request.model, prompt))
}

/** Tokens of a text as this model counts them: a token is four characters. */
export function tokens(chars: number): number {
  return Math.ceil(chars / 4)
}

const REMINDER = '<system-reminder>'
const REMINDER_END = '</system-reminder>'

/** What the user said: the text without what the client put around it. */
function userText(text: string): string {
  let rest = ''
  for (let from = 0; ;) {
    const start = text.indexOf(REMINDER, from)
    const end = start === -1 ? -1 : text.indexOf(REMINDER_END, start)
    if (end === -1) return (rest + text.slice(from)).trim()
    rest += text.slice(from, start)
    from = end + REMINDER_END.length
  }
}

function reply(request: DemoRequest, text: string): DemoReply {
  const fits = tokens(text.length) <= request.maxTokens
  const given = fits ? text : text.slice(0, request.maxTokens * 4)
  return {
    text: given,
    call: null,
    finish: fits ? 'stop' : 'length',
    usage: { prompt: tokens(request.promptChars), completion: tokens(given.length) },
  }
}

function callReply(request: DemoRequest, call: DemoCall): DemoReply {
  const completion = tokens(JSON.stringify(call.arguments).length)
  return {
    text: '',
    call,
    finish: 'tool_calls',
    usage: { prompt: tokens(request.promptChars), completion },
  }
}

function callFor(prompt: string, request: DemoRequest): DemoCall | null {
  // Ids are unique over the conversation: the client drops calls whose id it has seen before.
  const id = `call_demo_${request.messages.reduce((sum, { calls }) => sum + calls, 1)}`
  const command =
    /^[ \t]*run:[ \t]*(\S.*)/im.exec(prompt) ?? /run the command `([^`]+)`/i.exec(prompt)
  if (command?.[1] && request.tools.includes('Bash')) {
    const description = 'Run the command the user asked for'
    return { id, name: 'Bash', arguments: { command: command[1].trim(), description } }
  }
  const file = /^[ \t]*write:[ \t]*(\S.*?):\s+([\s\S]+)/im.exec(prompt)
  if (file?.[1] && file[2] && request.tools.includes('Write')) {
    return { id, name: 'Write', arguments: { file_path: file[1], content: file[2] } }
  }
  return null
}

function report(model: string, results: readonly DemoMessage[]): string {
  const output = results.map(({ text }) => text.trim()).join('\n')
  return `${model} ran it. The result:\n${quoted(output) || '(nothing)'}`
}

/** A JSON answer: `title` is the beginning of the prompt, `ranking` what `ccr compare --judge` asks for, every other property is left empty. */
function structured(properties: readonly string[], prompt: string): string {
  const filled: Readonly<Record<string, () => unknown>> = {
    title: () => words(prompt).slice(0, 6).join(' ') || 'Demo',
    ranking: () => ranking(prompt),
  }
  return JSON.stringify(
    Object.fromEntries(properties.map((name) => [name, filled[name]?.() ?? ''])),
  )
}

/** As a judge it knows only one thing to tell answers apart. */
function ranking(prompt: string): object[] {
  const named = /^Rank the answers ([\w, ]+) as JSON/m.exec(prompt)?.[1] ?? ''
  const answers = named.split(', ').filter((name) => name !== '')
  return answers.map((answer, n) => ({
    answer,
    reason: `The demo cannot judge: this is number ${n + 1} in the order that it was given.`,
  }))
}

type Style = (model: string, prompt: string) => string

const STYLES: readonly [Style, ...Style[]] = [
  (model, prompt) =>
    [
      `I am ${model}, and I answer in points:`,
      `- you wrote: "${quoted(prompt)}"`,
      `- that is ${counted(words(prompt).length, 'word')}`,
      `- read backwards: "${words(quoted(prompt)).reverse().join(' ')}"`,
    ].join('\n'),
  (model, prompt) =>
    `${model} in one line: "${quoted(prompt)}" has ${counted(words(prompt).length, 'word')} and ${counted(prompt.length, 'character')}.`,
  (model, prompt) =>
    `Hello, this is ${model}, a small model that lives inside ccr. I need no key and no network, ` +
    `and I always give the same answer. You said: "${quoted(prompt)}"`,
]

/** Names that differ in one letter (`demo-a`, `demo-b`) have different styles. */
function style(model: string): Style {
  const sum = Array.from(model).reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0)
  return STYLES[sum % STYLES.length] ?? STYLES[0]
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

function quoted(text: string): string {
  return text.length <= QUOTED ? text : `${text.slice(0, QUOTED)}…`
}
