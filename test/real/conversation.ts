/**
 * The conversation that each server has with a session of ccr: what `npm run test:live` asks of a
 * provider, and more. Small models answer nonsense: what is checked is that the answer is legal, ends as
 * the server ended it, and holds what the server generated and nothing else.
 */
import type { Message, MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages'
import { setTimeout as wait } from 'node:timers/promises'
import { requireLegal } from '../support/stream.ts'
import type { StreamEvent } from '../../src/messages/events.ts'
import { rawAnswer } from './answers.ts'
import { type Check, must, type Scene } from './check.ts'
import type { Call } from './relay.ts'

type Params = Partial<MessageCreateParamsNonStreaming>

const user = (content: string) => ({ role: 'user' as const, content })

/** The same answer each time, as far as a server can. */
const STEADY = { temperature: 0 } as const

const TOOL = {
  name: 'look_up',
  description: 'Gives the code that belongs to a word.',
  input_schema: {
    type: 'object' as const,
    properties: { word: { type: 'string' } },
    required: ['word'],
  },
}
const OTHER_TOOL = {
  ...TOOL,
  name: 'write_down',
  description: 'Writes a word into a book.',
}
const TOOL_PROMPT = 'Call the tool look_up with the word "otter".'

/** A request that forces a call of the tool, or of some tool where the server cannot be held to one. */
function forced({
  way,
  running,
}: Scene): Params & Pick<MessageCreateParamsNonStreaming, 'messages'> {
  const isNamed = way.can.namedTool === undefined
  return {
    ...STEADY,
    max_tokens: 300,
    tools: isNamed ? [TOOL, OTHER_TOOL] : [TOOL],
    tool_choice: isNamed ? { type: 'tool', name: TOOL.name } : { type: 'any' },
    messages: [user(running.toolPrompt ?? TOOL_PROMPT)],
  }
}

const always = (): true => true

export const CONVERSATION: readonly Check[] = [
  {
    name: 'text',
    can: always,
    async run(scene) {
      const message = await scene.client.create({
        ...STEADY,
        max_tokens: 80,
        messages: [user('Say hello in one short sentence.')],
      })
      requireAnswer(message, lastCall(scene), scene)
      return undefined
    },
  },
  {
    name: 'streaming',
    can: always,
    async run(scene) {
      const { message, events } = await scene.client.stream({
        ...STEADY,
        max_tokens: 80,
        messages: [user('Name three animals.')],
      })
      requireLegal(events as unknown as readonly StreamEvent[])
      requireAnswer(message, lastCall(scene), scene)
      const deltas = events.filter(({ type }) => type === 'content_block_delta').length
      must(deltas > 1, 'the whole text was in one event: nothing was streamed')
      return undefined
    },
  },
  {
    name: 'output limit',
    can: always,
    async run(scene) {
      const message = await scene.client.create({
        ...STEADY,
        max_tokens: 5,
        messages: [user('Write a long story about a river.')],
      })
      requireAnswer(message, lastCall(scene), scene)
      must(message.stop_reason === 'max_tokens', `stop_reason is ${String(message.stop_reason)}`)
      return undefined
    },
  },
  {
    name: 'tool call',
    can: ({ can }) => (can.tools === true ? can.toolChoice : can.tools),
    async run(scene) {
      const message = await scene.client.create(forced(scene))
      requireCall(message, scene)
      return undefined
    },
  },
  {
    name: 'tool call, streamed',
    can: ({ can }) => (can.tools === true ? can.toolChoice : can.tools),
    async run(scene) {
      const { message, events } = await scene.client.stream(forced(scene))
      requireLegal(events as unknown as readonly StreamEvent[])
      requireCall(message, scene)
      return undefined
    },
  },
  {
    name: 'second turn',
    can: ({ can }) => can.tools,
    async run(scene) {
      const message = await scene.client.create({
        ...STEADY,
        max_tokens: 80,
        tools: [TOOL],
        messages: [
          toolPrompt(scene),
          {
            role: 'assistant',
            content: [
              { type: 'text', text: 'I look it up.' },
              { type: 'tool_use', id: 'toolu_1', name: TOOL.name, input: { word: 'otter' } },
            ],
          },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 'toolu_1', content: 'The code is blue-47.' },
              { type: 'text', text: 'What is the code?' },
            ],
          },
        ],
      })
      requireAnswer(message, lastCall(scene), scene)
      return textOf(message).includes('blue-47')
        ? 'uses the result'
        : 'ends; does not use the result'
    },
  },
  {
    name: 'abort',
    can: always,
    run: abort,
  },
  {
    name: 'overflow',
    can: ({ can }) => can.overflow ?? true,
    run: overflow,
  },
  {
    name: 'image',
    can: ({ can }) => can.images,
    async run(scene) {
      const message = await scene.client.create({
        ...STEADY,
        max_tokens: 40,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, IMAGE] }],
      })
      const call = lastCall(scene)
      must(holdsImage(call), 'ccr did not send the image')
      requireAnswer(message, call, scene)
      return undefined
    },
  },
  {
    name: 'image to a model without',
    can: ({ can }) => (can.images === true ? 'it takes images' : true),
    async run(scene) {
      const { status, body } = await scene.client.post({
        ...STEADY,
        max_tokens: 40,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, IMAGE] }],
      })
      if (status === 200) {
        const call = lastCall(scene)
        requireAnswer(body as unknown as Message, call, scene)
        return holdsImage(call) ? 'answered; the server left it out' : 'answered without it'
      }
      must(status === 400, `status ${String(status)}: ${JSON.stringify(body)}`)
      return 'refused'
    },
  },
  {
    name: 'count_tokens',
    can: ({ can }) => can.usage ?? true,
    async run(scene) {
      const messages = [user('How many tokens are in this sentence about rivers and mountains?')]
      const { status, body } = await count(scene, messages)
      must(status === 200, `status ${String(status)}: ${JSON.stringify(body)}`)
      const counted = body.input_tokens
      must(typeof counted === 'number' && counted > 0, `it is ${String(counted)}`)
      const { usage } = await scene.client.create({ ...STEADY, max_tokens: 1, messages })
      const real = inputOf(usage)
      const isServers = scene.way.can.countTokens === true
      const share = counted / real
      const note = `${String(counted)} of ${String(real)}${isServers ? '' : ', estimated'}`
      must(isServers ? counted === real : share > 0.4 && share < 2.5, note)
      return note
    },
  },
]

/** 8 × 8 pixels of one colour. */
const IMAGE = {
  type: 'image' as const,
  source: {
    type: 'base64' as const,
    media_type: 'image/png' as const,
    data: 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mM4YaOBFTEMLQkAdntLAWbUZrkAAAAASUVORK5CYII=',
  },
}

/** All APIs take it as the same base64. */
const holdsImage = ({ sent }: Call): boolean => sent.includes(IMAGE.source.data)

const toolPrompt = ({ running }: Scene) => user(running.toolPrompt ?? TOOL_PROMPT)

/** The call of the model that was made last; the relay keeps calls about models too. */
function lastCall({ relay, way }: Scene): Call {
  const call = relay.calls.findLast(
    ({ method, path }) => method === 'POST' && path.startsWith(way.path),
  )
  must(call !== undefined, 'the server was not called')
  must(call.status === 200, `the server answered ${String(call.status)}: ${call.answer}`)
  return call
}

function textOf({ content }: Message): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}

function inputOf(usage: Message['usage']): number {
  const { input_tokens: input, cache_read_input_tokens: read } = usage
  return input + (read ?? 0) + (usage.cache_creation_input_tokens ?? 0)
}

/** @throws Error unless the message is legal, counts tokens and has what the server generated, and no more. */
function requireAnswer(message: Message, call: Call, { way }: Scene): void {
  const { usage, stop_reason: stop } = message
  const raw = rawAnswer(way.name, call.answer)
  const text = textOf(message)
  must(
    text === raw.text,
    `the text is ${JSON.stringify(text)}, the server wrote ${JSON.stringify(raw.text)}`,
  )
  must(text !== '' || raw.calls.length > 0 || usage.output_tokens <= 1, 'the answer is empty')
  const calls = message.content.filter((block) => block.type === 'tool_use')
  must(
    JSON.stringify(calls.map(({ name, input }) => ({ name, input }))) === JSON.stringify(raw.calls),
    `the calls are ${JSON.stringify(calls)}, the server wrote ${JSON.stringify(raw.calls)}`,
  )
  must(stop !== null, 'there is no stop_reason')
  must((stop === 'tool_use') === calls.length > 0, `stop_reason is ${stop}`)
  if (way.can.usage !== undefined && way.can.usage !== true) return
  must(inputOf(usage) > 0, 'no input tokens were counted')
  must(usage.output_tokens > 0, 'no output tokens were counted')
}

function requireCall(message: Message, scene: Scene): void {
  requireAnswer(message, lastCall(scene), scene)
  const calls = message.content.filter((block) => block.type === 'tool_use')
  must(calls.length > 0, `no tool was called: ${JSON.stringify(message.content)}`)
  for (const { name, input } of calls) {
    must(name === TOOL.name, `the tool ${name} was called`)
    const { word } = input as { readonly word?: unknown }
    must(typeof word === 'string', `the input is ${JSON.stringify(input)}`)
  }
}

/** How long a server may take to notice that its client has gone. */
const NOTICE_MS = 30_000

async function abort(scene: Scene): Promise<string | undefined> {
  const { client, relay, way, running } = scene
  const control = new AbortController()
  const response = await client.fetch('/v1/messages', {
    method: 'POST',
    signal: control.signal,
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({
      model: `${way.provider.name},${running.model}`,
      // A server that goes on is busy for so long.
      max_tokens: running.stopsWhenLeft === false ? 100 : 4_000,
      stream: true,
      ...STEADY,
      messages: [user('Count from one to one thousand, one number on each line.')],
    }),
  })
  const reader = response.body?.getReader()
  await reader?.read()
  const call = relay.calls.findLast(({ path }) => path.startsWith(way.path))
  must(call !== undefined, 'the server was not called')
  must(call.end === undefined, 'the answer had ended before it could be aborted')
  control.abort()
  await until(
    () => Promise.resolve(call.end === 'aborted'),
    'ccr kept its connection to the server',
  )
  if (running.stopsWhenLeft === false) return 'ccr hung up; the server goes on generating'
  if (running.isBusy === undefined)
    return 'ccr hung up; the server does not report whether it works'
  await until(async () => !(await running.isBusy?.()), 'the server went on generating')
  return 'the server stopped'
}

async function until(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
  const deadline = performance.now() + NOTICE_MS
  while (!(await holds())) {
    must(performance.now() < deadline, `${otherwise} for ${NOTICE_MS / 1000} s`)
    await wait(100)
  }
}

async function overflow({ client, running }: Scene): Promise<string | undefined> {
  const words = 'the river runs into the sea '.repeat(Math.ceil(running.window / 4))
  const { status, body } = await client.post({ max_tokens: 20, messages: [user(words)] })
  const { message = '' } = (body['error'] ?? {}) as { readonly message?: string }
  must(status === 400, `status ${String(status)}: ${JSON.stringify(body).slice(0, 300)}`)
  // ccr's own words for servers that cut prompts without an error: compacting would not help the client.
  if (/would cut off the rest without an error/.test(message)) return 'refused by ccr'
  must(/prompt is too long/i.test(message), `the client does not compact after: ${message}`)
  return undefined
}

async function count({ client, way, running }: Scene, messages: readonly object[]) {
  const response = await client.fetch('/v1/messages/count_tokens', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: `${way.provider.name},${running.model}`, messages }),
  })
  const body = (await response.json()) as { readonly input_tokens?: unknown }
  return { status: response.status, body }
}
