/** `ccr explain`. */
import { readFileSync } from 'node:fs'
import { type SessionRef } from '../../../session/identity.ts'
import { UserError } from '../../../lib/user-error.ts'
import { type Command, CONFIG_OPTION, type Options, UsageError } from '../../command.ts'
import { atMost, parseArguments } from '../../arguments.ts'
import { explanationText, recordText } from './text.ts'
import { json, painter } from '../../terminal/output.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  headers: {
    type: 'string',
    value: 'FILE',
    summary: 'the headers of the request, as a JSON object or in its field "headers"',
  },
  json: { type: 'boolean', summary: 'an object for scripts' },
} as const satisfies Options

export const command: Command = {
  name: 'explain',
  summary: 'show which routing rule matches a request, and its targets',
  usage: 'ccr explain last|FILE [--headers FILE] [--json] [--config FILE]',
  options: OPTIONS,
  words: ['last'],
  completes: { '': ['paths'] },
  details: [
    'last: the last request of the session of CCR_MODEL_PREFERENCE, which must be running. A session ' +
      'remembers the routes of its last 20 requests, never their content.',
    'FILE: the JSON body of a request to /v1/messages, or an object with "headers" and "body". It is ' +
      'explained with the current config, and nothing is sent. Exit code: 1 if no rule matches.',
  ],
  examples: [
    'ccr explain last',
    'CCR_MODEL_PREFERENCE=openrouter/gpt-4 ccr explain last --json',
    'ccr explain request.json --headers headers.json',
  ],
  async run(argv, io) {
    const { words, values } = await parseArguments('explain', argv, OPTIONS)
    const [what] = words
    if (what === undefined) {
      throw new UsageError('ccr explain: no request is given.', 'Write: ccr explain last')
    }
    atMost('explain', words, 1)
    const ref = commandSession(io, values)
    const paint = painter(io.stdout, io.env)
    if (what === 'last') {
      const record = await lastRoute(ref)
      io.stdout.write(values.json ? json(record) : recordText(record, paint))
      return record.error === null ? 0 : 1
    }
    const { explainFile } = await import('./file.ts')
    const sample = { file: what, headersFile: values.headers, read: readText }
    const explanation = await explainFile(sample, ref, io)
    io.stdout.write(values.json ? json(explanation) : explanationText(explanation, paint))
    return explanation.error === null ? 0 : 1
  },
}

async function lastRoute(ref: SessionRef) {
  const { lastRecord } = await import('./last.ts')
  return lastRecord(ref)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UserError(
      `ccr explain: ${why}`,
      'Give the JSON body of a request: ccr explain FILE',
      cause,
    )
  }
}
