/** Loads modules of the user, and loads them again when their files change. */
import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** A module of the user: CommonJS or ESM, loaded again when its file has changed. */
export interface UserModule {
  /**
   * What the module exports: `module.exports`, or the default export; the same promise as long as
   * the file is unchanged. The promise rejects with the error that the module throws.
   * @throws the system's error if there is no such file.
   */
  current(): Promise<Exported>
}

/** Wraps the promise, because `await` would also resolve a promise inside a promise. */
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

/** Node caches ESM by URL, hence the query; CommonJS by file name, hence the deletion. */
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
