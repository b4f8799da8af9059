/** `ccr pref list`. */
import { formatModelRef } from '../../../lib/model-ref.ts'
import { padded, widthOf } from '../../../lib/width.ts'
import { sessionPreference } from '../../../routing/preference.ts'
import { preferenceAdvice } from '../../client/require-preference.ts'
import { json as jsonText } from '../../terminal/output.ts'
import { sessionConfig } from '../../../session/config.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import type { CommandContext } from '../../client/command-context.ts'

/** Prints the named preferences. Throws ConfigError. */
export function listPreferences({ ref, io }: CommandContext, json: boolean): Promise<number> {
  const config = sessionConfig(ref, io.env)
  const rows = Object.entries(config.preferences).map(([name, standsFor]) => {
    const meant = sessionPreference(name, config)
    const choice = meant.kind === 'found' ? meant.choice : null
    const problem = 'reason' in meant ? preferenceAdvice(meant) : null
    return {
      name,
      standsFor,
      provider: choice?.provider ?? null,
      model: choice?.model ?? null,
      problem,
    }
  })
  if (json) io.stdout.write(jsonText(rows))
  else if (rows.length === 0) {
    io.stdout.write('No named preferences. Add one: ccr pref set NAME MODEL\n')
  } else {
    const width = Math.max(...rows.map(({ name }) => widthOf(visible(name))))
    for (const { name, standsFor, provider, model, problem } of rows) {
      const meant = provider === null ? null : formatModelRef({ provider, model: model ?? '' })
      const more = meant === null || meant === standsFor ? '' : ` (${visible(meant)})`
      const wrong = problem === null ? '' : ` matches no model: ${visible(problem)}`
      io.stdout.write(`${padded(visible(name), width)}  ${visible(standsFor)}${more}${wrong}\n`)
    }
  }
  return Promise.resolve(0)
}
