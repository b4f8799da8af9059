/** What `Lend` means: the model that describes images, and what searches the web. */
import type { LendConfig, SearchServiceConfig } from './config.ts'
import type { VariableUse } from './parse/interpolate.ts'
import type { ConfigInput } from './schema/schema.ts'

/** @param uses the variables of the whole config. */
export function lendOf(input: ConfigInput, uses: readonly VariableUse[]): LendConfig {
  const { vision, webSearch } = input.Lend ?? {}
  return {
    ...(onlyDescribesImages(input) ? { onlyDescribesImages: true } : {}),
    ...(vision === undefined ? {} : { vision }),
    ...(webSearch === undefined ? {} : { webSearch: searchOf(webSearch, uses) }),
  }
}

/** Whether the config has the image model describe images: `forceUseImageAgent` of earlier versions. */
export function onlyDescribesImages({ forceUseImageAgent: written }: ConfigInput): boolean {
  return written === true || written === 'true'
}

type SearchInput = NonNullable<NonNullable<ConfigInput['Lend']>['webSearch']>

function searchOf(
  written: SearchInput,
  uses: readonly VariableUse[],
): string | SearchServiceConfig {
  if (typeof written === 'string') return written
  const { service, url, api_key: apiKey = '', price } = written
  const unset = uses.filter(({ path, set }) => !set && isInSearch(path))
  const missing = [...new Set(unset.map(({ variable }) => variable))]
  return {
    service,
    ...(url === undefined ? {} : { url }),
    ...(price === undefined ? {} : { price }),
    apiKey,
    missing,
  }
}

/** Whether a path of the config leads into `Lend.webSearch`. */
export function isInSearch([first, second]: VariableUse['path']): boolean {
  return first === 'Lend' && second === 'webSearch'
}
