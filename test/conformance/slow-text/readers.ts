/** All functions that read untrusted text, each with the text that is slowest for it. */
import { rankingIn } from '../../../src/cli/commands/compare/judge/verdict.ts'
import { section } from '../../../src/cli/commands/compare/columns.ts'
import { inlineHtml } from '../../../src/cli/commands/compare/page/inline.ts'
import { markdownHtml } from '../../../src/cli/commands/compare/page/markdown.ts'
import { labelOf } from '../../../src/cli/commands/compare/contestants.ts'
import { fenced, html, oneLine, visible } from '../../../src/cli/terminal/untrusted-text.ts'
import { logLine } from '../../../src/cli/commands/logs/log-line.ts'
import { excerpt, maskSecrets } from '../../../src/config/parse/excerpt.ts'
import { createMask } from '../../../src/lib/redact.ts'
import { answer } from '../../../src/demo/model.ts'
import { createStreamInspector } from '../../../src/protocols/anthropic/stream-inspector.ts'
import { openaiEfforts } from '../../../src/protocols/reasoning.ts'
import { metadataConversationId } from '../../../src/protocols/request-fields.ts'
import { familyOf as geminiFamily } from '../../../src/protocols/gemini/model.ts'
import { PartialArguments } from '../../../src/protocols/gemini/response.ts'
import { fittingName, MISTRAL_ID, shapedId } from '../../../src/protocols/tools.ts'
import { familyOf } from '../../../src/gateway/tokens/vendor-rules.ts'
import { pdfPages } from '../../../src/gateway/tokens/media.ts'
import { escapeControls } from '../../../src/lib/controls.ts'
import { isTextTooDeep } from '../../../src/lib/depth.ts'
import { topLevelSpan } from '../../../src/lib/json-span.ts'
import { withoutPieces } from '../../../src/lib/masking.ts'
import { wrapped } from '../../../src/lib/width.ts'
import { CallArguments } from '../../../src/messages/call-arguments.ts'
import { durationMs, parseErrorBody } from '../../../src/messages/upstream-error-body.ts'
import { GatewayError } from '../../../src/messages/error.ts'
import { upstreamError } from '../../../src/messages/upstream-error.ts'
import { overflowIn } from '../../../src/messages/token-limits.ts'
import { parseRequest } from '../../../src/messages/request.ts'
import { refusedFields } from '../../../src/messages/refused-field.ts'
import { refusalIn } from '../../../src/messages/refusal.ts'
import { withoutReminders } from '../../../src/messages/sanitize.ts'
import { requestFallbacks } from '../../../src/messages/request-fallback.ts'
import { pureSearch } from '../../../src/messages/web-search.ts'
import { foundPages } from '../../../src/providers/search/pages.ts'
import { isPlainName } from '../../../src/routing/client-model.ts'
import { lookUp } from '../../../src/routing/lookup.ts'
import { mentionsOf, takeTag } from '../../../src/routing/tag.ts'
import { repaired } from '../../../src/transforms/repair-arguments.ts'
import { retryAfterOf } from '../../../src/upstream/retry-after.ts'

const plain = (_: string, text: string): string => text
const SECRETS = ['planted-secret-0123456789', 'another "secret" with \\ in it']
const asUser = (content: string) => ({ model: 'm', messages: [{ role: 'user', content }] })
const REQUEST = {
  ...asUser('x'),
  max_tokens: 1,
  temperature: 1,
  system: 'x',
  thinking: { type: 'adaptive' },
}

const SEARCH_TOOL = { type: 'web_search_20250305', name: 'web_search' }

/** All that an error may refuse of a request. */
function refusedIn(text: string): unknown {
  return (['invalid_request_error', 'api_error'] as const).map((kind) => {
    const refusal = refusalIn(new GatewayError(kind, text), { provider: 'p', model: 'model' })
    return refusal && [refusedFields(REQUEST, refusal), ...requestFallbacks(REQUEST, refusal)]
  })
}
const demo = { model: 'demo-a', stream: true, includeUsage: true, tools: ['Bash', 'Write'] }

/** Two characters a piece; after each it is asked whether they are whole. */
function argumentsIn(text: string): boolean {
  const args = new CallArguments()
  let isWhole = false
  for (let at = 0; at < text.length; at += 2) {
    args.add(text.slice(at, at + 2))
    isWhole = args.isWhole
  }
  return isWhole
}

/** Everything that reads text which others wrote. */
export const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'errors: does not fit': (text) => overflowIn(text, [], false),
  'errors: does not fit, counted': (text) => overflowIn(`prompt is too long ${text}`, [], false),
  'errors: words': (text) => parseErrorBody(text),
  'errors: whole': (text) => upstreamError({ error: { message: text } }, { provider: 'p' }),
  'errors: what is refused': refusedIn,
  'errors: starred': (text) => withoutPieces(text, SECRETS, '***'),
  durations: (text) => durationMs(text),
  'headers that say when': (text) =>
    retryAfterOf({ 'retry-after': text, 'x-ratelimit-reset': text, [text]: '1' }, 429, 0),
  'tool arguments': (text) => repaired(text),
  'tool arguments in pieces': (text) => argumentsIn(text),
  'tool arguments in pieces of a string': (text) => argumentsIn(`"${text}`),
  'tool arguments in an object': (text) => repaired(`{"a": "${text}`),
  'JSON levels': (text) => isTextTooDeep(text),
  'top level of JSON': (text) => topLevelSpan(`{"a":${text}`, 'model'),
  'request body': (text) => parseRequest(JSON.stringify(asUser(text))),
  'request that is no JSON': (text) => parseRequest(text),
  'tags of sub-agents': (text) => takeTag(asUser(text), { agentId: 'a' }),
  'mentions of tags': (text) => mentionsOf(asUser(text), {}),
  'names of models': (text) => [
    openaiEfforts(text),
    familyOf(text),
    geminiFamily(text),
    lookUp(text, []),
    isPlainName(text),
  ],
  'names of tools': (text) => [fittingName(text), shapedId(text, MISTRAL_ID)],
  'id of a user': (text) => metadataConversationId({ ...asUser('x'), metadata: { user_id: text } }),
  'PDF files': (text) => pdfPages(Buffer.from(text).toString('base64')),
  'partial arguments': (text) => new PartialArguments().add({ jsonPath: text, stringValue: 'x' }),
  'events that pass': (text) =>
    createStreamInspector('p', SECRETS).push(Buffer.from(`data: ${text}\n\n`)),
  'errors that pass': (text) =>
    createStreamInspector('p', SECRETS).push(
      Buffer.from(`event: ping\n\nevent: x\ndata: {"error":"${text}"}\n\n`),
    ),
  'log: masked': (text) => createMask(SECRETS)(text),
  'log: shown': (text) => [logLine(text, plain), logLine(JSON.stringify({ msg: text }), plain)],
  config: (text) => [excerpt(text, { line: 1, column: text.length / 2 }), maskSecrets(text)],
  terminal: (text) => [escapeControls(text), visible(text), oneLine(text)],
  'compare: answers': (text) => [section({ title: 't', text, progress: '' }, plain), fenced(text)],
  'compare: pages': (text) => html(text),
  'compare: Markdown': (text) => markdownHtml(text),
  'compare: Markdown of one line': (text) => inlineHtml(text),
  'compare: lines': (text) => wrapped(oneLine(text), 80),
  'compare: verdict': (text) => rankingIn(text, ['A', 'B']),
  'compare: labels': (text) => labelOf(text, new Set()),
  'words of the client': (text) => withoutReminders(text),
  'web search: a query': (text) => pureSearch({ ...asUser(text), tools: [SEARCH_TOOL] }),
  'web search: pages': (text) =>
    foundPages([{ url: text, title: text, excerpt: text, age: text }], { query: 'q' }),
  'web search: domains': (text) =>
    foundPages([{ url: 'http://a.b/', title: '', excerpt: '', age: '' }], {
      query: 'q',
      blocked: [text, text],
    }),
  demo: (text) =>
    answer({
      ...demo,
      ...{ messages: [{ role: 'user', text, calls: 0 }], wanted: null },
      ...{ maxTokens: 100, promptChars: 1 },
    }),
}

/** Pieces that, repeated, lead a matcher to begin again and again. */
export const PIECES: readonly string[] = [
  ...[
    'a',
    'a.',
    'A-',
    '1',
    '1,',
    '1.',
    '1 a',
    ' ',
    '\t',
    '\n',
    '\r',
    '\r\n',
    '-',
    '/',
    '.',
    ':',
    '@',
  ],
  ...[
    '"',
    '\\',
    '\\"',
    "'",
    '`',
    '```',
    '{',
    '[',
    '}',
    '{"',
    '[{',
    '{"a":',
    '<',
    '=',
    '&',
    '?',
    '$',
    '${',
  ],
  ...[
    '<title',
    '<system-reminder>',
    '<CCR-SUBAGENT-MODEL>',
    'request too large limit 1, ',
    'token count ',
  ],
  ...[
    'sk-',
    'key=',
    'auth',
    'passw',
    'bearer ',
    'http://a?',
    '://a',
    'a:',
    '//a:',
    'ratelimit',
    'reset',
  ],
  ...[
    'gpt-6',
    'gemini-',
    '_session_',
    'thinking signature ',
    'try again in 1s ',
    'run: ',
    '\nwrite: a',
  ],
  ...[
    '{"ranking',
    '/Type /Page',
    '/Count ',
    'data: ',
    'tokens 1 > ',
    '1 tokens in the ',
    '.a[0]',
    '\u001b',
  ],
  ...[
    '*a ',
    '**a *',
    '[a](http://b)',
    '![',
    '](http://a)',
    '](a ',
    '- a\n',
    '> ',
    '|-',
    '\n# a',
    '\n|-|\n|-|',
    '`` ` ',
  ],
]

/** Less than that is noise, ms. */
export const MEASURABLE_MS = 100

/** How long a reader takes at the least of three runs, ms. */
export function costOf(read: (text: string) => unknown, text: string): number {
  let least = Infinity
  for (let run = 0; run < 3; run += 1) {
    const start = performance.now()
    try {
      read(text)
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) throw thrown
    }
    least = Math.min(least, performance.now() - start)
    if (least < MEASURABLE_MS) break
  }
  return least
}
