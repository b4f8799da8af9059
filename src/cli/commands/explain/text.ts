/** The output of `ccr explain`. */
import { counted } from '../../../lib/counted.ts'
import type { Explanation, TargetSummary } from '../../../gateway/explain.ts'
import type {
  RequestSummary,
  RouteRecord,
  TracedRule,
} from '../../../gateway/telemetry/route-trace.ts'
import { keyValues, type Paint } from '../../terminal/output.ts'
import { visible } from '../../terminal/untrusted-text.ts'

export function explanationText(explanation: Explanation, paint: Paint): string {
  const { request, rules, route, note, targets, error } = explanation
  const head = keyValues([
    ['Request', requestText(request)],
    ['Route', route],
    ['Note', note],
    ['Error', error],
  ])
  const tried = targets.map((target, index) => targetText(target, index, paint)).join('')
  return `${visibleLines(head)}\n${rulesText(rules, paint)}${tried === '' ? '' : `\nTargets, in order:\n${tried}`}`
}

export function recordText(record: RouteRecord, paint: Paint): string {
  const [first, ...others] = record.targets
  const head = keyValues([
    ['Time', record.at],
    ['Request', requestText(record.request)],
    ['Route', record.route],
    ['Note', record.note],
    ['Target', first],
    ['Fallbacks', others.join('; ')],
    ['Failed', record.hops.map((hop) => `${hop.lane} (${hop.status} ${hop.kind})`).join('; ')],
    ['Last target', record.asked === first ? null : record.asked],
    ['Lent', record.lent],
    ['Dropped', record.dropped.join(', ')],
    ['Status', record.status],
    ['Error', record.error],
  ])
  return `${visibleLines(head)}\n${rulesText(record.rules, paint)}`
}

function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n')
}

function requestText(request: RequestSummary): string {
  const parts = [
    [request.messages, 'message'],
    [request.tools, 'tool'],
    [request.images, 'image'],
  ] as const
  return [
    `asks for ${request.model}`,
    ...(request.requestClass === null ? [] : [`class ${request.requestClass}`]),
    request.stream ? 'streamed' : 'not streamed',
    ...parts.flatMap(([count, noun]) => (count === 0 ? [] : [counted(count, noun)])),
    counted(request.bytes, 'byte'),
    `about ${counted(request.tokens, 'token')}`,
  ].join(', ')
}

function rulesText(rules: readonly TracedRule[], paint: Paint): string {
  const width = Math.max(...rules.map(({ rule }) => rule.length))
  const lines = rules.map((entry) => {
    const mark = MARKS[entry.taken ? 'taken' : String(entry.fits)] ?? '   '
    const line = `  ${mark}  ${entry.rule.padEnd(width)}  ${visible(entry.why)}`
    return `${entry.taken ? paint('green', line) : line}\n`
  })
  return `Rules, in the order in which they are checked:\n${lines.join('')}`
}

const MARKS: Readonly<Record<string, string>> = {
  taken: '>>>',
  true: 'yes',
  false: 'no ',
  null: ' - ',
}

function targetText(summary: TargetSummary, index: number, paint: Paint): string {
  const { target, keys, window, url, format, dropped, problem } = summary
  const several = keys > 1 ? ` (${keys} keys)` : ''
  const lines = [
    `  ${index + 1}. ${paint('bold', visible(target))}${several}`,
    ...(problem === null ? [] : [`     cannot be used: ${visible(problem)}`]),
    ...(url === null ? [] : [`     ${url} (${format ?? ''})`]),
    ...(window === null ? [] : [`     window ${window} tokens`]),
    ...(dropped.length === 0 ? [] : [`     would drop: ${dropped.map(visible).join(', ')}`]),
  ]
  return `${lines.join('\n')}\n`
}
