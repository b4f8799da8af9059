import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chatBytes, decodedEvents, reads, sdkMessage } from '../../../test/support/stream.ts'
import { sseFrames } from '../../framing/sse.ts'
import type { Block } from '../../messages/request.ts'
import { COMPATIBLE } from '../../providers/definition.ts'
import { decoder } from './response.ts'
import { encode } from './request.ts'

const CALL = { index: 0, id: 'a', function: { name: 'T', arguments: '{}' } }

/** Hand-written. */
async function content(model: string, pieces: readonly string[], last: object = {}) {
  const chunks = pieces.map((text) => ({ choices: [{ delta: { content: text } }] }))
  const body = chatBytes(...chunks, { choices: [{ delta: last, finish_reason: 'stop' }] })
  const target = { provider: 'p', model }
  const events = await decodedEvents((writer) => decoder(writer, target), sseFrames(reads(body)))
  return (await sdkMessage(events)).content
}

const TAGGED = '<think>\nThe user greets.\n</think>\n\nHello'

describe('reasoning between tags at the start of a text', () => {
  it.each(['think', 'mm:think'])('is thinking, however the text is cut: %s', async (tag) => {
    const text = TAGGED.replaceAll('think>', `${tag}>`)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(TAGGED.length), { maxLength: 8 }), async (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length]
        const pieces = at.slice(1).map((end, i) => text.slice(at[i], end))
        expect(await content('MiniMax-M2.7', pieces)).toMatchObject([
          { type: 'thinking', thinking: '\nThe user greets.\n' },
          { type: 'text', text: 'Hello' },
        ])
      }),
      { numRuns: 50 },
    )
  })

  it.each(['Qwen/Qwen3-32B', 'deepseek-r1:14b', 'zai-org/GLM-4.7'])(
    'is that of %s',
    async (model) => {
      expect(await content(model, [TAGGED])).toHaveLength(2)
    },
  )

  it('stays text for models that have no such tags, and where the text begins with another word', async () => {
    expect(await content('gpt-5', [TAGGED])).toMatchObject([{ text: TAGGED }])
    const about = 'The tag <think> begins it.</think>'
    expect(await content('MiniMax-M2', [about])).toMatchObject([{ text: about }])
  })

  it('is nothing that gets lost before a call or the end', async () => {
    expect(await content('qwq-32b', ['<thi'])).toMatchObject([{ text: '<thi' }])
    const called = await content('qwq-32b', ['<think>hm'], { tool_calls: [CALL] })
    expect(called).toMatchObject([{ thinking: 'hm' }, { type: 'tool_use' }])
  })

  it('goes back between tags, before the text', async () => {
    const target = { provider: 'p', model: 'MiniMax-M2.7' }
    const blocks = (await content(target.model, [TAGGED])) as unknown as Block[]
    const messages = [{ role: 'assistant', content: blocks }]
    const { body } = encode({ model: 'x', messages }, target, COMPATIBLE)
    expect(body).toMatchObject({
      messages: [
        {},
        { role: 'assistant', content: '<think>\nThe user greets.\n</think>\n\nHello' },
      ],
    })
  })
})
