/** A document instead of a stream, a stream instead of a document, and neither of them. */
import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { parseEvents } from '../../support/client.ts'
import { type Behaviour, QUESTION } from '../behaviour.ts'
import { exchange, contentLines } from '../run-behaviour.ts'
import type { Row } from '../row.ts'
import type { Script, Harness } from '../harness.ts'
import type { ModelAnswer } from '../neutral-form.ts'

const SPOKEN: ModelAnswer = {
  pieces: [
    { text: 'I "look" {in}.' },
    { call: '1', name: 'A', args: '{"x":"é}\\"]"}' },
    { call: '2', name: 'B', args: '{}' },
  ],
  finish: 'tools',
  usage: { input: 9, cached: 0, output: 3, reasoning: 0 },
}

const SHOWN = ['text: I "look" {in}.', 'call A {"x":"é}\\"]"}', 'call B {}']

const ASKS = {
  ...QUESTION,
  tools: ['A', 'B'].map((name) => ({ name, input_schema: { type: 'object', properties: {} } })),
}

const TYPES = [
  'application/json',
  'text/plain',
  'text/event-stream',
  'text/html; charset=UTF-8',
  '',
]

const document = (row: Row): string => JSON.stringify(row.whole(SPOKEN))

/** The same answer each time, whatever the client asks for. */
async function isRead(harness: Harness, script: Script): Promise<void> {
  harness.script(() => script)
  for (const stream of [true, false]) {
    const { message } = await exchange(harness, { ...ASKS, stream })
    assert.deepEqual(contentLines(message), SHOWN)
    assert.equal(message.stop_reason, 'tool_use')
    assert.equal(message.usage.output_tokens, 3)
  }
}

/** A failure that says so, whatever the client asks for; no end that looks like success. */
async function fails(harness: Harness, script: Script): Promise<string> {
  harness.script(() => script)
  const messages: string[] = []
  for (const stream of [true, false]) {
    const response = await harness.post({ ...ASKS, stream })
    const text = await response.text()
    const last =
      response.status === 200 ? parseEvents(text).at(-1)?.data : (JSON.parse(text) as object)
    const what = JSON.stringify([script, response.status, text])
    assert.equal((last as { type?: unknown } | undefined)?.type, 'error', what)
    messages.push((last as { error: { message: string } }).error.message)
  }
  return messages.join('\n')
}

/** A behaviour of each content type that servers give such an answer, beside the right one. */
function read(name: string, script: (row: Row) => Omit<Script, 'type'>): readonly Behaviour[] {
  return [
    {
      name,
      run: async (harness) => {
        for (const type of [...TYPES, harness.row.type]) {
          await isRead(harness, { ...script(harness.row), type })
        }
      },
    },
  ]
}

const pieces = (text: string, size: number): readonly Uint8Array[] => {
  const bytes = Buffer.from(text)
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, n) => bytes.subarray(n * size, (n + 1) * size))
}

export const DOCUMENTS: readonly Behaviour[] = [
  ...read('a whole document is read under any content type', (row) => ({
    writes: [document(row)],
  })),
  ...read('a byte order mark and blank lines stand before a whole document', (row) => ({
    writes: ['\ufeff', '\r\n \n', `\t${document(row)}\r\n\r\n`],
  })),
  ...read('a whole document comes in small pieces, over many lines', (row) => ({
    writes: pieces(JSON.stringify(row.whole(SPOKEN), null, 2), 7),
  })),
  ...read('a whole document is packed', (row) => ({
    headers: { 'content-encoding': 'gzip' },
    writes: [gzipSync(document(row))],
  })),
  ...read('a whole document is followed by the mark of a stream', (row) => ({
    writes: [`${document(row)}\n\n`, 'data: [DONE]\n\n'],
  })),
  ...read('a whole document is the one event of a stream', (row) => ({
    writes: [`data: ${document(row)}\n\n`, 'data: [DONE]\n\n'],
  })),
  ...read('a whole document stands behind comments of a stream', (row) => ({
    writes: [': working\n\n', ': working\n\n', `${document(row)}\n`],
  })),
  {
    name: 'a whole document ends the answer, though its connection stays open',
    run: (harness) => isRead(harness, { writes: [document(harness.row)], ending: 'hold' }),
  },
  ...read('a stream is read under any content type', (row) => ({ writes: row.frames(SPOKEN) })),
  ...read('a stream is packed', (row) => ({
    headers: { 'content-encoding': 'gzip' },
    writes: [gzipSync(Buffer.concat(row.frames(SPOKEN)))],
  })),
  {
    name: 'the events of a stream come as lines of JSON',
    run: async (harness) => {
      for (const type of ['application/x-ndjson', ...TYPES]) {
        const lines = harness.row.frames(SPOKEN).flatMap(linesIn)
        await isRead(harness, { type, writes: lines.map((line) => `${line}\n`) })
        await isRead(harness, { type, writes: [lines.join('\r\n')] })
      }
    },
  },
  {
    name: 'a document that is cut, or none at all, is an error',
    run: async (harness) => {
      const whole = document(harness.row)
      const bodies = [
        whole.slice(0, -9),
        whole.slice(0, 20),
        '[]',
        'null',
        '{}',
        '"fine"',
        'fine',
        '',
      ]
      for (const type of [...TYPES, harness.row.type]) {
        for (const body of bodies) await fails(harness, { type, writes: [body] })
      }
    },
  },
  {
    name: 'an error that is a document of a 200 keeps its words',
    run: async (harness) => {
      const body = JSON.stringify(
        harness.row.fault({ status: 400, message: 'frob is unknown' }).body,
      )
      for (const type of [...TYPES, harness.row.type]) {
        for (const writes of [
          [body],
          [': working\n\n', body],
          [`${body}\n\ndata: [DONE]\n\n`],
          [`[${body}]`],
        ]) {
          assert.match(await fails(harness, { type, writes }), /frob is unknown/)
        }
      }
    },
  },
  {
    name: 'a web page is told as such under any content type',
    run: async (harness) => {
      const page = '<!DOCTYPE html>\n<html><head><title>Log in</title></head>data: x</html>\n'
      for (const type of [...TYPES, harness.row.type]) {
        assert.match(await fails(harness, { type, writes: [page] }), /web page/)
      }
    },
  },
]

/** The JSON in a frame: of a server-sent event its data, of one of AWS its payload under its name. */
function linesIn(frame: Uint8Array): readonly string[] {
  const bytes = Buffer.from(frame)
  if (bytes[0] !== 0) {
    const data = /^data: (.*)$/m.exec(bytes.toString())?.[1]
    return data === undefined || data === '[DONE]' ? [] : [data]
  }
  const headers = bytes.readUInt32BE(4)
  const name = /:event-type\W{3}(\w+)/.exec(bytes.toString('latin1', 12, 12 + headers))?.[1] ?? ''
  const payload = bytes.toString('utf8', 12 + headers, bytes.length - 4)
  const { bytes: inner } = JSON.parse(payload) as { bytes?: string }
  return [inner === undefined ? `{"${name}":${payload}}` : Buffer.from(inner, 'base64').toString()]
}
