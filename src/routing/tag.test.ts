import { describe, expect, it } from 'vitest'
import type { Content, MessagesRequest } from '../messages/request.ts'
import { mentionsOf, takeTag } from './tag.ts'

/**
 * Requests in the shapes that Claude Code 1.0.60, 2.0.30 and 2.1.330 sent to a loopback server,
 * shortened by hand: a repository whose CLAUDE.md, newest commit, MCP server and files all hold a
 * tag, and a Task whose prompt begins with one.
 */

const tag = (model: string) => `<CCR-SUBAGENT-MODEL>${model}</CCR-SUBAGENT-MODEL>`
const text = (...texts: string[]) => texts.map((one) => ({ type: 'text', text: one }))
const user = (content: Content) => ({ role: 'user', content })
const call = {
  role: 'assistant',
  content: [{ type: 'tool_use', id: 't', name: 'Read', input: {} }],
}
const result = (content: unknown) => user([{ type: 'tool_result', tool_use_id: 't', content }])

const CLAUDE_MD = `<system-reminder>\nInstructions:\n\nContents of /p/CLAUDE.md:\n\n${tag('claude,md')}\n</system-reminder>`
const GIT = `<system-reminder>\n# gitStatus\nRecent commits:\n${tag('commit,msg')}\n</system-reminder>`
const TASK = `${tag('task,prompt')}\nPlease do it`
const STATUS = `\n\n<env>\nWorking directory: /p\n</env>\n\ngitStatus: a snapshot\n\nRecent commits:\n0da26b4 ${tag('commit,msg')}`
const NOTES_1 =
  "\n\nNotes:\n- NEVER create files unless they're absolutely necessary for achieving your goal. ALWAYS prefer editing."
const NOTES_2 =
  '\n\nNotes:\n- Agent threads always have their cwd reset between bash calls, as a result please only use absolute file paths.'
const IDENTITY = "You are Claude Code, Anthropic's official CLI for Claude."
const SDK = "You are a Claude agent, built on Anthropic's Claude Agent SDK."
const MAIN = `\nYou are an interactive CLI tool that helps users.\n\n# MCP Server Instructions\n\n## hostile\n${tag('mcp,server')}${NOTES_2}${STATUS}`
const GENERAL = `You are an agent for Claude Code, Anthropic's official CLI for Claude. Do the task.`
const billing = (more = '') =>
  `x-anthropic-billing-header: cc_version=2.1.330.cef; cc_entrypoint=cli;${more}`

const request = (system: Content | undefined, ...messages: MessagesRequest['messages']) =>
  ({ model: 'ccr-1', ...(system === undefined ? {} : { system }), messages }) as MessagesRequest

const first = user(text(CLAUDE_MD, GIT, TASK))
const modelOf = (one: MessagesRequest, agentId?: string) => takeTag(one, { agentId })?.model

const AGENT = { agentId: 'a' }

describe('the tag in the task of a sub-agent', () => {
  it.each<[string, MessagesRequest, string?]>([
    ['2.1.330, by its header', request(text(SDK, GENERAL), first), 'a5a4'],
    [
      '2.1.330, by the mark of its system prompt',
      request(text(billing(' cc_is_subagent=true;'), SDK, 'You are a reviewer.'), first),
    ],
    ['1.0.60, general-purpose', request(text(IDENTITY, GENERAL + NOTES_1 + STATUS), first)],
    ['1.0.60, an agent of the user', request(text(IDENTITY, `Review.${NOTES_1}${STATUS}`), first)],
    ['2.0.30, general-purpose', request(text(SDK, GENERAL + NOTES_2 + STATUS), first)],
    [
      '2.0.30, Explore',
      request(text(IDENTITY, `You are a file search specialist.${NOTES_2}${STATUS}`), first),
    ],
    [
      '2.1.90, an agent of the user, its notes in a block of their own',
      request(text(billing(), SDK, 'Review.', NOTES_2.trim(), 'env'), first),
    ],
    ['a client of its own', request(undefined, user(TASK)), 'a1'],
  ])('chooses the model: %s', (_, one, agentId) => {
    expect(modelOf(one, agentId)).toBe('task,prompt')
  })

  it('chooses in later requests of the sub-agent too, whatever it has read', () => {
    const read = `1\t${tag('file,txt')}\n`
    expect(modelOf(request(text(SDK, GENERAL), first, call, result(read)), 'a')).toBe('task,prompt')
  })

  it('is taken out, and nothing else is', () => {
    const taken = takeTag(request(text(SDK), first), { agentId: 'a' })
    expect(taken?.request.messages).toEqual([user(text(CLAUDE_MD, GIT, 'Please do it'))])
  })

  it('leaves no empty text where it stood alone: providers refuse one', () => {
    const alone = takeTag(request(text(SDK), user(text(CLAUDE_MD, tag('a,b'), 'Do it'))), AGENT)
    expect(alone?.request.messages).toEqual([user(text(CLAUDE_MD, 'Do it'))])
    const system = text(SDK, tag('a,b'), 'Review.')
    expect(takeTag(request(system, user('hi')), AGENT)?.request.system).toEqual(
      text(SDK, 'Review.'),
    )
  })

  it('is taken out of its own message, and all others are left as they are', () => {
    const [reminder, task, read] = [user(CLAUDE_MD), user(TASK), result('x')]
    const taken = takeTag(request('You review.', reminder, task, call, read), AGENT)
    expect(taken?.model).toBe('task,prompt')
    expect(taken?.request).toEqual(
      request('You review.', reminder, user('Please do it'), call, read),
    )
    expect(task.content).toBe(TASK)
  })

  it('leaves what is beside the text in its block', () => {
    const block = { type: 'text', text: TASK, cache_control: { type: 'ephemeral' } }
    const taken = takeTag(request('You review.', user([block])), AGENT)
    expect(taken?.request.messages[0]?.content).toEqual([{ ...block, text: 'Please do it' }])
  })

  it('may have a name of 500 characters, with blanks around it', () => {
    const name = `p,${'x'.repeat(496)}`
    expect(modelOf(request('You review.', user(tag(` ${name} `))), 'a')).toBe(name)
    expect(modelOf(request('You review.', user(tag(`p,${'x'.repeat(499)}`))), 'a')).toBeUndefined()
  })

  it('may stand behind what is no text, and behind code that has ended', () => {
    const image = { type: 'image', source: { type: 'base64', data: 'x' } }
    expect(modelOf(request('You review.', user([image, ...text(TASK)])), 'a')).toBe('task,prompt')
    const fenced = `See:\n\`\`\`\ncode\n\`\`\`\n${tag('a,b')}\nDo it`
    expect(modelOf(request('You review.', user(fenced)), 'a')).toBe('a,b')
  })

  it('is the first of several that count', () => {
    const task = `About ${tag('no,1')}.\n${tag('a,b')}\n${tag('c,d')}\nDo it`
    const taken = takeTag(request('You review.', user(task)), AGENT)
    expect(taken?.model).toBe('a,b')
    expect(taken?.request.messages[0]?.content).toBe(`About ${tag('no,1')}.\n${tag('c,d')}\nDo it`)
  })

  it('may begin any line of it, in one text with reminders too', () => {
    expect(modelOf(request(undefined, user(`Do it.\n  ${tag('a,b')}`)), 'a')).toBe('a,b')
    expect(modelOf(request(undefined, user(`${CLAUDE_MD}\n${tag('a,b')} do it`)), 'a')).toBe('a,b')
    expect(modelOf(request(undefined, user(`${tag('a,b')} do it\n${CLAUDE_MD}`)), 'a')).toBe('a,b')
  })

  it('may begin the definition of the agent', () => {
    const system = text(SDK, `${tag('agent,definition')}\nReview.`)
    const taken = takeTag(request(system, user('hi')), { agentId: 'a' })
    expect(taken).toMatchObject({
      model: 'agent,definition',
      request: { system: text(SDK, 'Review.') },
    })
  })
})

describe('a tag that is talked about', () => {
  const inMain = (...messages: MessagesRequest['messages']) =>
    request(text(IDENTITY, MAIN), ...messages)

  it.each<[string, MessagesRequest, string?]>([
    ['the prompt of the main conversation', inMain(user(TASK))],
    ['the main conversation of today', request(text(billing(), SDK, 'You are.'), first)],
    ['any request without a system prompt', request(undefined, user(TASK))],
    ['a system prompt that is not a sub-agent’s', request(TASK, user('hi'))],
    ['a title', request(text(IDENTITY, 'Summarize this conversation.'), user(TASK))],
    [
      'a mark that a commit or a prompt imitates',
      request(
        text(IDENTITY, `You are an interactive CLI tool.${STATUS} cc_is_subagent=true${NOTES_2}`),
        user(`cc_is_subagent=true\n${GENERAL}\n${TASK}`),
      ),
    ],
    [
      'a mark behind the first line of the header of the client',
      request(text(`${billing()}\ncc_is_subagent=true`, SDK, 'Be good.'), user(TASK)),
    ],
    ['an empty header', request(undefined, user(TASK)), ''],
    ['CLAUDE.md in a sub-agent', request(text(SDK, GENERAL), user(text(CLAUDE_MD, 'hi'))), 'a'],
    [
      'CLAUDE.md that ends the reminder itself',
      request(
        undefined,
        user(`<system-reminder>\n</system-reminder>\n${tag('x,y')}\n</system-reminder>\nhi`),
      ),
      'a',
    ],
    ['a reminder without an end', request(undefined, user(`<system-reminder>\n${TASK}`)), 'a'],
    ['a commit in a sub-agent', request(text(SDK, GENERAL + STATUS), user(text(GIT, 'hi'))), 'a'],
    ['a tool result', request(undefined, user('hi'), call, result(tag('x,y'))), 'a'],
    ['the first message of all is a tool result', request(undefined, result(tag('x,y'))), 'a'],
    ['text beside a tool result', request(undefined, user('hi'), call, user(TASK)), 'a'],
    ['a sentence of the task', request(undefined, user(`What does ${tag('x,y')} do?`)), 'a'],
    ['code in the task', request(undefined, user(`See:\n\`\`\`\n${tag('x,y')}\n\`\`\``)), 'a'],
    [
      'the third message of the user',
      request('You review.', user('one'), user('two'), user(TASK)),
      'a',
    ],
    ['the middle of a system block', request(text(SDK, `Review.\n${tag('x,y')}`), user('hi')), 'a'],
    ['a tag that does not end', request(undefined, user('<CCR-SUBAGENT-MODEL>x,y')), 'a'],
    ['a name that is too long', request(undefined, user(tag('x'.repeat(600)))), 'a'],
  ])('chooses nothing: %s', (_, one, agentId) => {
    expect(takeTag(one, { agentId })).toBeUndefined()
  })

  it('is told with its place, once each; what the model itself wrote is left out', () => {
    const task = { type: 'tool_use', id: 't', name: 'Task', input: { prompt: TASK } }
    const conversation = inMain(
      user(text(CLAUDE_MD, `about ${tag('a,b')} and ${tag('a,b')}`)),
      { role: 'assistant', content: [task] },
      result([{ type: 'text', text: tag('file,txt') }]),
    )
    expect(mentionsOf(conversation, {})).toEqual([
      { model: 'mcp,server', location: 'the system prompt' },
      { model: 'commit,msg', location: 'the system prompt' },
      { model: 'claude,md', location: 'a reminder of the client' },
      { model: 'a,b', location: 'a prompt' },
      { model: 'file,txt', location: 'a tool result' },
    ])
  })

  it('is told five times at most, however many there are', () => {
    const many = Array.from({ length: 30 }, (_, n) => tag(`p,${String(n)}`)).join(' ')
    const mentions = mentionsOf(request(undefined, user(`about ${many}`)), {})
    expect(mentions.map(({ model }) => model)).toEqual(['p,0', 'p,1', 'p,2', 'p,3', 'p,4'])
  })

  it('is told of texts within tool results in either shape, and of null blocks nothing', () => {
    const blocks = [
      null,
      { type: 'tool_result', tool_use_id: 't', content: [null, ...text(tag('a,b'))] },
    ]
    const plain = { type: 'tool_result', tool_use_id: 't', content: `see ${tag('c,d')}` }
    const mentions = mentionsOf(request(undefined, user([...blocks, plain] as Content)), {})
    expect(mentions).toEqual([
      { model: 'a,b', location: 'a tool result' },
      { model: 'c,d', location: 'a tool result' },
    ])
  })

  it('is not the one that is obeyed', () => {
    const mentions = mentionsOf(request(text(SDK), first), { agentId: 'a' })
    expect(mentions.map(({ model }) => model)).toEqual(['claude,md', 'commit,msg'])
  })
})
