/** `ccr model` on a terminal: choose from lists. */
import { listedModelRefs } from '../../../lib/model-ref.ts'
import { padded, widthOf } from '../../../lib/width.ts'
import type { Io } from '../../command.ts'
import { choose } from '../../terminal/select.ts'
import { type Models, openModels, routeOf, ROUTES } from './router-config.ts'
import { change } from './set.ts'

const WHAT: Readonly<Record<string, string>> = {
  default: 'everything that matches no other scenario',
  background: 'titles, summaries and other auxiliary requests',
  think: 'plan mode and high effort',
  longContext: 'long conversations',
  webSearch: 'web searches',
  image: 'questions with images',
}

/** Lets the user choose a scenario and its model, repeatedly, until they leave the list. */
export async function pickModels(first: Models, io: Io): Promise<number> {
  let models = first
  let last = 0
  for (;;) {
    const scenario = await choose(io, 'Which requests?', scenarioRows(models), last)
    if (scenario === null) return 0
    last = scenario
    const name = ROUTES[scenario] ?? 'default'
    const known = modelsOf(models)
    const current = known.indexOf(routeOf(models, name) ?? '')
    const model = await choose(io, `Model for ${name}`, known, Math.max(current, 0))
    const chosen = model === null ? undefined : known[model]
    if (chosen === undefined) continue
    io.stdout.write(await change(models, name, chosen))
    models = openModels(models.ref, models.env)
  }
}

function scenarioRows(models: Models): string[] {
  const width = Math.max(...ROUTES.map((name) => widthOf(name)))
  return ROUTES.map((name) => {
    const model = routeOf(models, name) ?? (name === 'default' ? '(none)' : '(as default)')
    return `${padded(name, width)}  ${model}  ${WHAT[name] === undefined ? '' : `· ${WHAT[name]}`}`
  })
}

/** `provider,model`, in the order of the config. */
function modelsOf({ config }: Models): string[] {
  return config.providers.flatMap(listedModelRefs)
}
