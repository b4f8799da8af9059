/** What ccr itself makes of a server: the questions about its models, `ccr doctor --live`, the real client. */
import type { Ccr } from '../support/ccr.ts'
import { queriedServer, queryServer } from '../../src/providers/model-reports/query.ts'
import { rawAnswer } from './answers.ts'
import { must } from './check.ts'
import type { Relay } from './relay.ts'
import type { RunningServer, Way } from './server.ts'

/** What ccr reads of the model, beside what is known of it. @returns a remark for the table. */
export async function checkReports(running: RunningServer, way: Way): Promise<string> {
  const url = running.origin + way.path
  const server = queriedServer({ ...way.provider, url, apiKey: '', missing: [] })
  must(server !== undefined, 'ccr does not query this server')
  const getJson = async (path: string, body?: object): Promise<unknown> => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(server.root + path, init)
    return answer.ok ? await answer.json() : undefined
  }
  const reported = await queryServer(server.kind, getJson, [running.model])
  const report = reported?.get(running.model) ?? reported?.get('*')
  must(report !== undefined, 'ccr reads nothing of this model')
  const { contextWindow, images, tools } = report
  must(
    contextWindow === running.window,
    `ccr reads a window of ${String(contextWindow)}; it is ${String(running.window)}`,
  )
  must(
    images !== true || way.can.images === true,
    'ccr reads that it takes images, which it does not',
  )
  must(tools !== true || way.can.tools === true, 'ccr reads that it takes tools, which it does not')
  must(tools !== false || way.can.tools !== true, 'ccr reads that it takes no tools, which it does')
  return `${String(contextWindow)} tokens`
}

/** What `ccr doctor --live` may find lacking in a small model. */
const OF_THE_MODEL = /did not call the tool it was asked to|did not use the result of the tool/

/** `ccr doctor --live` of the provider: it answers, counts tokens, and ends. */
export async function checkDoctor(ccr: Ccr, { provider, can }: Way): Promise<string> {
  const { stdout, stderr } = await ccr.run(['doctor', '--live', provider.name, '--json'])
  const { checks } = JSON.parse(stdout) as {
    readonly checks: readonly {
      readonly area: string
      readonly level: string
      readonly text: string
    }[]
  }
  const live = checks.filter(({ area }) => area === 'live')
  must(live.length === 1, `ccr doctor says ${stdout}${stderr}`)
  const [{ level, text } = { level: '', text: '' }] = live
  must(level === 'ok' || (level === 'warning' && OF_THE_MODEL.test(text)), `${level}: ${text}`)
  must(can.usage !== undefined || !text.includes('counted no tokens'), text)
  return text.replace(/^\S+ /, '')
}

interface Result {
  readonly type: string
  readonly subtype: string
  readonly result?: string
  readonly is_error: boolean
  readonly modelUsage: Readonly<
    Record<string, { readonly contextWindow: number; readonly inputTokens: number }>
  >
}

/** What the client says of an answer that ended at its limit of output. */
const OUTPUT_LIMIT = /output token maximum/

/** A few tools and a short system prompt: what fits a window of 8,192 tokens. */
export const SMALL = ['--tools', 'Read', '--system-prompt', 'You answer briefly.']

/**
 * The real client with one prompt, to its end.
 * @returns a remark for the table. @throws Error unless it prints what the server generated.
 */
export async function checkClient(
  ccr: Ccr,
  relay: Relay,
  way: Way,
  args: readonly string[],
): Promise<string> {
  relay.take()
  // A small model may go on calling tools for ever.
  const usual = ['-p', 'Say hello.', '--output-format', 'json', '--max-turns', '2']
  const ran = await ccr.run(['code', ...usual, ...args], {
    env: {
      API_TIMEOUT_MS: '1800000',
      // The client asks for the rest of an answer three times.
      CLAUDE_CODE_MAX_OUTPUT_TOKENS: '64',
      MAX_THINKING_TOKENS: '0',
    },
  })
  const printed = `${ran.stdout}${ran.stderr}`
  must(ran.stdout.startsWith('{'), `the client printed ${printed}`)
  const { result = '', is_error: isError, subtype, modelUsage } = JSON.parse(ran.stdout) as Result
  const calls = relay.calls.filter(
    ({ method, path }) => method === 'POST' && path.startsWith(way.path),
  )
  must(calls.length > 0, `the server was not called: ${printed}`)
  for (const { status, end, answer } of calls) {
    must(status === 200, `the server answered ${String(status)}: ${answer}`)
    must(end === 'ended', 'an answer did not end')
  }
  const texts = calls.map(({ answer }) => rawAnswer(way.name, answer).text.trim())
  const isLimit = subtype === 'error_max_turns' || (isError && OUTPUT_LIMIT.test(result))
  must(!isError || isLimit, `the client failed: ${result}`)
  must(
    isLimit || texts.includes(result.trim()),
    `the client printed what no answer held: ${result}`,
  )
  const tokens = Object.values(modelUsage).reduce((sum, { inputTokens }) => sum + inputTokens, 0)
  const window = Object.values(modelUsage)[0]?.contextWindow
  return `${isLimit ? 'ended at a limit; ' : ''}${String(calls.length)} requests, ${String(tokens)} tokens in, window ${String(window)}`
}
