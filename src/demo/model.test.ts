import { describe, expect, it } from 'vitest'
import { answer } from './model.ts'
import { type DemoRequest, readRequest } from './request.ts'
import { chunks, completion } from './wire.ts'

const BASH = { type: 'function', function: { name: 'Bash', parameters: {} } }
const WRITE = { type: 'function', function: { name: 'Write', parameters: {} } }

function request(body: object): DemoRequest {
  const read = readRequest({ model: 'demo-a', ...body })
  if (typeof read === 'string') throw new Error(read)
  return read
}

const says = (content: string) => ({ messages: [{ role: 'user', content }] })

describe('the demo model', () => {
  it('names itself and answers every model name in its own words', () => {
    const a = answer(request({ ...says('hi there') })).text
    const b = answer(request({ ...says('hi there'), model: 'demo-b' })).text
    expect(a).toContain('demo-a')
    expect(b).toContain('demo-b')
    expect(a.replaceAll('demo-a', '')).not.toBe(b.replaceAll('demo-b', ''))
  })

  it('gives the same answer to the same request', () => {
    expect(answer(request(says('hi')))).toEqual(answer(request(says('hi'))))
  })

  it('answers the last thing the user said, without the reminders of the client', () => {
    const { text } = answer(
      request({
        messages: [
          { role: 'user', content: 'old words' },
          { role: 'assistant', content: 'x' },
          {
            role: 'user',
            content: [
              { type: 'text', text: '<system-reminder>secret\nlines</system-reminder>' },
              { type: 'text', text: 'new words' },
            ],
          },
          { role: 'user', content: '<system-reminder>late</system-reminder>' },
        ],
      }),
    )
    expect(text).toContain('new words')
    expect(text).not.toMatch(/old words|secret|late/)
  })

  it('counts four characters as a token, prompt and answer apart', () => {
    const { text, usage } = answer(request(says('x'.repeat(400))))
    expect(usage).toEqual({ prompt: 100, completion: Math.ceil(text.length / 4) })
  })

  it('stops at the token limit and says so', () => {
    const reply = answer(request({ ...says('hello'), max_tokens: 3 }))
    expect(reply).toMatchObject({ finish: 'length', usage: { completion: 3 } })
    expect(reply.text).toHaveLength(12)
  })

  it.each([
    ['run: ls -la | wc -l', 'ls -la | wc -l'],
    ['Please help.\nrun: echo hi\nThanks', 'echo hi'],
    ['please run the command `git status`, will you', 'git status'],
  ])('calls Bash for %j', (prompt, command) => {
    const reply = answer(request({ ...says(prompt), tools: [BASH] }))
    expect(reply).toMatchObject({
      finish: 'tool_calls',
      call: { id: 'call_demo_1', name: 'Bash', arguments: { command } },
    })
    expect(reply.call?.arguments['description']).not.toBe('')
  })

  it('calls Write with a path and a text of several lines', () => {
    const reply = answer(request({ ...says('write: /tmp/a b.txt: one\ntwo'), tools: [WRITE] }))
    expect(reply.call).toMatchObject({
      name: 'Write',
      arguments: { file_path: '/tmp/a b.txt', content: 'one\ntwo' },
    })
  })

  it('calls no tool that was not offered', () => {
    expect(answer(request(says('run: ls'))).call).toBeNull()
    const none = { ...says('run: ls'), tools: [BASH], tool_choice: 'none' }
    expect(answer(request(none)).call).toBeNull()
  })

  it('reports what the tool gave, and numbers its calls over the conversation', () => {
    const history = [
      { role: 'user', content: 'run: echo 42' },
      { role: 'assistant', content: null, tool_calls: [{ id: 'call_demo_1' }] },
      { role: 'tool', tool_call_id: 'call_demo_1', content: '42\n' },
    ]
    const done = answer(request({ messages: history, tools: [BASH] }))
    expect(done).toMatchObject({ call: null, finish: 'stop' })
    expect(done.text).toContain('42')

    const again = { role: 'user', content: 'run: echo 43' }
    const next = answer(request({ messages: [...history, again], tools: [BASH] }))
    expect(next.call?.id).toBe('call_demo_2')
  })

  it('fills a JSON schema that asks for a title', () => {
    const response_format = {
      type: 'json_schema',
      json_schema: { name: 't', schema: { type: 'object', properties: { title: {} } } },
    }
    const { text } = answer(request({ ...says('Sort an array for me, please'), response_format }))
    expect(JSON.parse(text)).toEqual({ title: 'Sort an array for me, please' })
  })

  it.each([{}, { model: '' }, { model: 'x' }, { model: 'x', messages: [] }, null, 3, []])(
    'says what is wrong with %j',
    (body) => expect(readRequest(body)).toMatch(/must be/),
  )
})

interface Chunk {
  choices: { delta: { content?: string; tool_calls?: Call[] }; finish_reason: string | null }[]
  usage?: object
}
interface Call {
  id?: string
  function: { name?: string; arguments: string }
}

describe('the wire form', () => {
  it('streams the same text in at most 60 pieces, then the reason, then the usage asked for', () => {
    const chat = request({
      ...says('word '.repeat(400)),
      stream: true,
      stream_options: { include_usage: true },
    })
    const reply = answer(chat)
    const sent = chunks(chat, reply) as Chunk[]
    expect(sent.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(reply.text)
    expect(sent.length).toBeLessThan(65)
    expect(sent.at(-2)?.choices[0]?.finish_reason).toBe('stop')
    expect(sent.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 500 } })
  })

  it('sends no usage chunk that was not asked for', () => {
    const chat = request({ ...says('hi'), stream: true })
    expect(chunks(chat, answer(chat)).some((chunk) => 'usage' in chunk)).toBe(false)
  })

  it('streams the arguments of a call in pieces that join to its JSON', () => {
    const chat = request({ ...says('run: echo a b c'), tools: [BASH], stream: true })
    const sent = chunks(chat, answer(chat)) as Chunk[]
    const calls = sent.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    expect(calls[0]).toMatchObject({ id: 'call_demo_1', function: { name: 'Bash' } })
    const json = calls.map((call) => call.function.arguments).join('')
    expect(JSON.parse(json)).toMatchObject({ command: 'echo a b c' })
  })

  it('gives a whole answer the same content', () => {
    const chat = request(says('hi'))
    const reply = answer(chat)
    expect(completion(chat, reply)).toMatchObject({
      choices: [{ message: { role: 'assistant', content: reply.text }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1 },
    })
  })
})
