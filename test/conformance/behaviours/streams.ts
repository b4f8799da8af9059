/** Timing: silent providers, and clients that disconnect. */
import assert from 'node:assert/strict'
import { type Behaviour, FINE, QUESTION } from '../behaviour.ts'
import { scriptFor } from '../run-behaviour.ts'
import { parseEvents } from '../../support/client.ts'
import { withResolvers } from '../../support/upstream.ts'

const NEVER = new Promise<never>(() => undefined)

export const STREAMS: readonly Behaviour[] = [
  {
    name: 'a silent provider does not leave the client without a sign of life',
    pingAfterMs: 15,
    run: async (harness) => {
      const { row } = harness
      const pinged = withResolvers<null>()
      harness.script((requestBody) => ({
        ...scriptFor(row, FINE)(requestBody),
        before: pinged.promise,
      }))
      const response = await harness.post({ ...QUESTION, stream: true })
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
      let text = ''
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        text += read.value
        if (text.includes('event: ping')) pinged.resolve(null)
      }
      const types = parseEvents(text).map(({ event }) => event)
      assert.equal(types[0], 'ping')
      assert.equal(types.at(-1), 'message_stop')
    },
  },
  {
    name: 'a client that leaves in mid-answer leaves the provider too',
    run: async (harness) => {
      const { row } = harness
      const writes = row.frames({ pieces: [{ text: 'half' }, { text: ' an' }] })
      harness.script(() => ({ writes, ending: 'hold' }))
      const leaving = new AbortController()
      const { signal } = leaving
      const response = await harness.post({ ...QUESTION, stream: true }, { signal })
      const reader = response.body!.getReader()
      await reader.read()
      leaving.abort()
      await reader.read().catch(() => undefined)
      await (
        await harness.seen(0)
      ).left
    },
  },
  {
    name: 'a client that leaves before the answer leaves the provider too',
    run: async (harness) => {
      harness.script(() => ({ writes: [], before: NEVER }))
      for (const [n, stream] of [true, false].entries()) {
        const leaving = new AbortController()
        const { signal } = leaving
        const gone = harness.post({ ...QUESTION, stream }, { signal }).catch(() => undefined)
        const seen = await harness.seen(n)
        leaving.abort()
        await gone
        await seen.left
      }
    },
  },
]
