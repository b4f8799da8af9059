/** What servers report of models, as part of a config. */
import type { Config, ProviderConfig, ReportedModel } from '../../config/config.ts'
import type { Capabilities } from '../../protocols/protocol.ts'
import { asObject, isObject } from '../../lib/json.ts'
import { booleanIn, idIn, MOST_LISTED, type Reported, reported, tokensIn } from './reader.ts'

type Reporting = Pick<ProviderConfig, 'reported'>

/** The config with what servers report, by the provider's name; earlier reports are replaced. */
export function withReports(config: Config, reports: ReadonlyMap<string, Reported>): Config {
  if (reports.size === 0) return config
  const providers = config.providers.map((provider) => {
    const models = reports.get(provider.name)
    return models === undefined ? provider : { ...provider, reported: models }
  })
  return { ...config, providers }
}

/** The report of a model; undefined where its server says nothing. */
export function reportOf(
  provider: Reporting | undefined,
  model: string,
): ReportedModel | undefined {
  return provider?.reported?.get(model) ?? provider?.reported?.get('*')
}

/** What is known of a model, its server's report before the rest. */
export function withReport<T extends Capabilities>(
  provider: Reporting,
  model: string,
  known: T | undefined,
): T | Capabilities | undefined {
  const report = reportOf(provider, model)
  if (report === undefined) return known
  const { contextWindow, images, reasoning, tools } = report
  return {
    ...known,
    ...(contextWindow === undefined ? {} : { contextWindow }),
    ...(images === undefined ? {} : { images }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(tools === undefined ? {} : { tools }),
  }
}

/** The reports in the JSON that a daemon sends: objects by provider and model. What is no report is left out. */
export function reportsIn(json: unknown): ReadonlyMap<string, Reported> {
  return new Map(
    Object.entries(asObject(json)).map(([provider, models]) => [
      provider,
      new Map(
        Object.entries(asObject(models))
          .slice(0, MOST_LISTED)
          .flatMap(([model, value]) => {
            const report = reportIn(value)
            return report === undefined ? [] : [[model, report] as const]
          }),
      ),
    ]),
  )
}

/** The JSON of reports. */
export function reportsJson(reports: ReadonlyMap<string, Reported>): object {
  const providers = [...reports].map(([name, models]) => [name, Object.fromEntries(models)])
  return Object.fromEntries(providers) as object
}

const SERVERS: readonly ReportedModel['server'][] = ['ollama', 'llamacpp', 'lmstudio', 'openai']
const BASES: readonly ReportedModel['basis'][] = ['running', 'seen', 'set', 'model']

function reportIn(value: unknown): ReportedModel | undefined {
  if (!isObject(value)) return undefined
  const server = SERVERS.find((one) => one === idIn(value['server']))
  if (server === undefined) return undefined
  return reported({
    server,
    contextWindow: tokensIn(value['contextWindow']),
    basis: BASES.find((one) => one === value['basis']),
    modelWindow: tokensIn(value['modelWindow']),
    images: booleanIn(value['images']),
    reasoning: booleanIn(value['reasoning']),
    tools: booleanIn(value['tools']),
    isParameter: value['isParameter'] === true ? true : undefined,
  })
}
