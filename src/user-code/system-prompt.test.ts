import { describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { recordingLog } from '../../test/support/log.ts'
import type { MessagesRequest } from '../messages/request.ts'
import { rewritten, withUserPrompt } from './system-prompt.ts'

const text = (value: string) => ({ type: 'text', text: value })
const BASH = { name: 'Bash', input_schema: {} }

function requestWith(system: readonly string[], tools: MessagesRequest['tools'] = [BASH]) {
  return {
    model: 'm',
    messages: [{ role: 'user', content: 'hi' }],
    system: system.map(text),
    tools,
  } satisfies MessagesRequest
}

const systemOf = ({ system }: MessagesRequest): string[] =>
  (system as unknown as { text: string }[]).map((block) => block.text)

const CODE = "You are Claude Code, Anthropic's official CLI for Claude."

describe("the user's system prompt", () => {
  it('stands before the facts of an older client', () => {
    const request = requestWith([CODE, 'Be helpful. <env> in docs\n<env>\ncwd: /x</env>'])
    expect(systemOf(rewritten(request, 'MINE\n'))).toEqual([CODE, 'MINE\n<env>\ncwd: /x</env>'])
  })

  it.each([CODE, "You are a Claude agent, built on Anthropic's Claude Agent SDK."])(
    "replaces the prompt of today's client, whose first block is %j",
    (identity) => {
      const billing = 'x-anthropic-billing-header: cc_version=2;'
      const request = requestWith([billing, identity, '\nYou are an agent working with the user.'])
      expect(systemOf(rewritten(request, 'MINE'))).toEqual([billing, identity, 'MINE'])
    },
  )

  it('keeps what else the block holds, such as its cache mark', () => {
    const request = {
      ...requestWith([]),
      system: [text(CODE), { ...text('prompt'), cache_control: { type: 'ephemeral' } }],
    }
    expect(rewritten(request, 'MINE').system).toEqual([
      text(CODE),
      { ...text('MINE'), cache_control: { type: 'ephemeral' } },
    ])
  })

  it.each([
    ['a request for a title', requestWith([CODE, 'You are naming a coding session.'], [])],
    [
      'a web search',
      requestWith([CODE, 'Search.'], [{ type: 'web_search_20250305', name: 'web_search' }]),
    ],
    ['another client', requestWith(['You are a poet.', 'Write.'])],
    ['one block', requestWith([CODE])],
    ['a plain string', { ...requestWith([]), system: 'You are a poet.' }],
  ])('leaves %s alone', (_, request) => {
    expect(rewritten(request, 'MINE')).toBe(request)
  })

  it('is read from its file each time; without the file the prompt stays, and a warning is logged', async () => {
    const request = requestWith([CODE, 'prompt'])
    const log = recordingLog()
    const file = folder.write('prompt.txt', 'ONE')
    expect(systemOf(await withUserPrompt(request, file, log))[1]).toBe('ONE')
    folder.write('prompt.txt', 'TWO')
    expect(systemOf(await withUserPrompt(request, file, log))[1]).toBe('TWO')
    folder.write('prompt.txt', Buffer.from('\uFEFFTHREE', 'utf16le'))
    expect(systemOf(await withUserPrompt(request, file, log))[1]).toBe('THREE')
    expect(log.lines).toEqual([])
    expect(await withUserPrompt(request, `${file}.gone`, log)).toBe(request)
    expect(log.lines[0]).toContain('cannot be read')
  })
})

const folder = testFolder()
