/** The program of the thread for user code, built from the sources as the build does it. */
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

/** @param folder where it is written. */
export async function builtThread(folder: string): Promise<URL> {
  const outfile = join(folder, 'thread.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('../../src/user-code/thread-program.ts', import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
  })
  return pathToFileURL(outfile)
}
