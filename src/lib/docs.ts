/** Where the documentation of this installation is. */
import { fileURLToPath } from 'node:url'

/**
 * Where a page of the documentation is on this machine: the package carries docs/, two folders
 * above this file and above the chunks of dist/ alike.
 */
export function docsPage(name: string): string {
  return fileURLToPath(new URL(`../../docs/${name}`, import.meta.url))
}
