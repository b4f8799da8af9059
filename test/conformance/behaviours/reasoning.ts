/** Reasoning is sent back only to the vendor that made it. */
import assert from 'node:assert/strict'
import { encodeSignature } from '../../../src/messages/reasoning-signature.ts'
import { type Behaviour, FINE } from '../behaviour.ts'
import { scriptFor, exchange, contentLines } from '../run-behaviour.ts'
import type { RequestBody, Harness } from '../harness.ts'
import { type ModelAnswer, transcript } from '../neutral-form.ts'

const THOUGHT = 'Let me see.'
const STATE = 'c3RhdGUtb2YtdGhlLXZlbmRvcg=='
const THOUGHTFUL: ModelAnswer = {
  pieces: [
    { thinking: THOUGHT, state: STATE },
    { call: '1', name: 'A', args: '{"x":1}' },
  ],
  finish: 'tools',
}

const HI = { role: 'user', content: 'hi' }
const ASKS: RequestBody = {
  max_tokens: 6000,
  stream: true,
  thinking: { type: 'enabled', budget_tokens: 2000 },
  tools: [{ name: 'A', input_schema: { type: 'object', properties: {} } }],
  messages: [HI],
}

/** The question that follows a call: the client sends the whole answer back with the result. */
async function second(harness: Harness): Promise<RequestBody> {
  const { message } = await exchange(harness, ASKS)
  const call = message.content.find((block) => block.type === 'tool_use')
  assert.ok(call, `no call: ${contentLines(message).join()}`)
  const result = { type: 'tool_result', tool_use_id: call.id, content: 'found' }
  return {
    ...ASKS,
    messages: [
      HI,
      { role: 'assistant', content: message.content },
      { role: 'user', content: [result] },
    ],
  }
}

export const REASONING: readonly Behaviour[] = [
  {
    name: 'thinking of its own goes back to the model with its call',
    run: async (harness) => {
      const { row } = harness
      harness.script(scriptFor(row, THOUGHTFUL), scriptFor(row, FINE))
      const { seen } = await exchange(harness, await second(harness))
      assert.deepEqual(transcript(seen.request.conversation), [
        'user: hi',
        `thought: ${row.thoughts === 'text' ? THOUGHT : STATE}`,
        'call A {"x":1}',
        'result A: found',
      ])
    },
  },
  {
    name: 'thinking of its own does not go to another provider',
    run: async (harness) => {
      const { row } = harness
      harness.script(scriptFor(row, THOUGHTFUL), scriptFor(row, FINE))
      const model = `${row.other},${row.model}`
      const { seen } = await exchange(harness, { ...(await second(harness)), model })
      assert.ok(!seen.raw.includes(STATE) && !seen.raw.includes(THOUGHT), 'it went')
      assert.deepEqual(transcript(seen.request.conversation), [
        'user: hi',
        'call A {"x":1}',
        'result A: found',
      ])
    },
  },
  {
    name: 'state that the vendor refuses is left out, and the request sent once more',
    run: async (harness) => {
      const { row } = harness
      const message = 'Invalid thought signature: the encrypted content could not be verified.'
      const { status, headers = {}, body } = row.fault({ status: 400, message })
      const refusal = { status, headers, type: 'application/json', writes: [JSON.stringify(body)] }
      harness.script(scriptFor(row, THOUGHTFUL), () => refusal, scriptFor(row, FINE))
      const { message: answer, dropped } = await exchange(harness, await second(harness))
      assert.deepEqual(contentLines(answer), ['text: fine'])
      const [refused, again] = [await harness.seen(1), await harness.seen(2)]
      assert.ok(refused.raw.includes(STATE) && !again.raw.includes(STATE))
      assert.ok(dropped.includes('assistant.thinking.signature'))
    },
  },
  {
    name: 'thinking that another vendor made stays away, and the conversation goes on',
    request: {
      tools: ASKS['tools'],
      messages: [
        HI,
        {
          role: 'assistant',
          content: [
            {
              type: 'thinking',
              thinking: 'a foreign thought',
              signature: encodeSignature({
                provider: 'elsewhere',
                model: 'm',
                payload: 'foreign-state',
              }),
            },
            { type: 'text', text: 'two' },
            { type: 'tool_use', id: 'toolu_1', name: 'A', input: {} },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'found' }],
        },
      ],
    },
    conversation: ['user: hi', 'assistant: two', 'call A {}', 'result A: found'],
    check: ({ seen }) => assert.ok(!/foreign|ccr1\./.test(seen.raw)),
  },
]
