import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** A module of the user's own: CommonJS or ESM, read again when its file has changed. */
export interface OwnModule {
  /**
   * What it exports: `module.exports`, or the default export.
   * @throws whatever the module throws, or the system when there is no such file.
   */
  load(): Promise<unknown>
}

const commonJs = createRequire(import.meta.url)

export function ownModule(path: string): OwnModule {
  let loaded: { readonly version: number; readonly exported: Promise<unknown> } | undefined
  return {
    async load() {
      const { mtimeMs: version } = await stat(path)
      if (loaded?.version !== version) loaded = { version, exported: fresh(path, version) }
      return loaded.exported
    },
  }
}

/** ESM is kept by its URL, hence the query; CommonJS by its file name, hence the deletion. */
async function fresh(path: string, version: number): Promise<unknown> {
  Reflect.deleteProperty(commonJs.cache, path)
  const url = `${pathToFileURL(path).href}?v=${String(version)}`
  const module = (await import(url)) as { default?: unknown }
  return defaultOf(defaultOf(module))
}

/** Compilers write an ESM default export into CommonJS as `exports.default`. */
function defaultOf(module: unknown): unknown {
  const isObject = typeof module === 'object' && module !== null
  return isObject && 'default' in module ? module.default : module
}
