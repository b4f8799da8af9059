import { oneLine } from '../../../terminal/untrusted-text.ts'
import type { Paint } from '../../../terminal/output.ts'
import { usd } from '../../../terminal/format.ts'
import type { Verdict } from './verdict.ts'

/** The ranking with its reasons and what it cost. */
export function verdictText({ judge, ranking, error, costUsd }: Verdict, paint: Paint): string {
  const head = paint('bold', `Judged blind by ${judge} (cost ${usd(costUsd)}):`)
  const lines =
    error === null
      ? ranking.map(
          ({ letter, name, reason }, n) => `  ${n + 1}. ${letter} ${name}: ${oneLine(reason)}`,
        )
      : [`  ${paint('red', oneLine(error))}`]
  return [head, ...lines].map((line) => `${line}\n`).join('')
}
