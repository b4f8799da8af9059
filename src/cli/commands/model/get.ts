/** `ccr model get`. */
/** `ccr model get`. */
import { padded, widthOf } from '../../../lib/width.ts'
import type { Io } from '../../command.ts'
import { json } from '../../terminal/output.ts'
import { type Models, routeOf, ROUTES } from './router-config.ts'

export interface GetRequest {
  /** Undefined: all scenarios. */
  readonly scenario: string | undefined
  readonly json: boolean
}

/** Prints the model of one scenario or of all. */
export function getModels(models: Models, { stdout }: Io, request: GetRequest): number {
  const { scenario } = request
  if (scenario !== undefined) {
    const model = routeOf(models, scenario)
    if (request.json) stdout.write(json(model ?? null))
    else if (model !== undefined) stdout.write(`${model}\n`)
    return model === undefined ? 1 : 0
  }
  const custom = Object.keys(models.config.router).filter((key) => !ROUTES.includes(key))
  const set = [...ROUTES, ...custom].flatMap((name) => {
    const model = routeOf(models, name)
    return model === undefined ? [] : [[name, model] as const]
  })
  if (request.json) stdout.write(json(Object.fromEntries(set)))
  else if (set.length === 0) stdout.write('Router names no model. Choose one: ccr model\n')
  else stdout.write(aligned(set))
  return 0
}

function aligned(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => widthOf(name)))
  return rows.map(([name, model]) => `${padded(name, width)}  ${model}\n`).join('')
}
