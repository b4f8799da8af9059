import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** A module of the user's own: CommonJS or ESM, read again when its file has changed. */
export interface UserModule {
  /**
   * What it exports: `module.exports`, or the default export; the same promise as long as the file
   * is the same. It rejects with whatever the module throws.
   * @throws the system's error when there is no such file.
   */
  current(): Promise<Exported>
}

/** Wrapped, since a promise of a promise would be waited for. */
export interface Exported {
  readonly exported: Promise<unknown>
}

const commonJs = createRequire(import.meta.url)

export function userModule(path: string): UserModule {
  let loaded: (Exported & { readonly version: number }) | undefined
  return {
    async current() {
      const { mtimeMs: version } = await stat(path)
      if (loaded?.version !== version) loaded = { version, exported: fresh(path, version) }
      return loaded
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
