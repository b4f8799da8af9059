/** Files of the user's own that a config names: code that routes or transforms, a system prompt. */
import { isObject } from '../lib/json.ts'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { Diagnostic } from './check.ts'
import type { Extensions } from './config.ts'
import type { Path } from './parse/json5-locations.ts'
import type { ConfigInput } from './schema/schema.ts'
import type { UserTransformerConfig } from './schema/transformer.ts'

/** What the config in `file` names. */
export function extensionsOf(input: ConfigInput, file: string): Extensions {
  const folder = dirname(file)
  return {
    transformers: entriesOf(input).flatMap((entry) => userTransformer(entry, folder)),
    router: pathOf(input.CUSTOM_ROUTER_PATH, folder),
    systemPrompt: pathOf(input.REWRITE_SYSTEM_PROMPT, folder),
  }
}

function entriesOf({ transformers }: ConfigInput): readonly unknown[] {
  return Array.isArray(transformers) ? (transformers as unknown[]) : []
}

function userTransformer(entry: unknown, folder: string): UserTransformerConfig[] {
  if (!isObject(entry) || typeof entry['path'] !== 'string') return []
  const path = pathOf(entry['path'], folder)
  return path === '' ? [] : [{ path, options: entry['options'] ?? {} }]
}

/** `~/` is the user's home; Windows paths are taken as they are there. */
export function pathOf(written: string | undefined, folder: string): string {
  const text = written?.trim() ?? ''
  if (text === '') return ''
  return resolve(folder, text.replace(/^~(?=[\\/])/, homedir()))
}

const WITHOUT: Readonly<Record<'router' | 'systemPrompt', readonly [string, string]>> = {
  router: ['CUSTOM_ROUTER_PATH', 'requests are routed without it'],
  systemPrompt: ['REWRITE_SYSTEM_PROMPT', "the client's system prompt stays"],
}

/** Remarks on files that the config in `file` names and that do not exist. */
export function missingFiles(input: ConfigInput, file: string): Diagnostic[] {
  const folder = dirname(file)
  const extensions = extensionsOf(input, file)
  const single = (['router', 'systemPrompt'] as const).flatMap((kind) => {
    const [key, without] = WITHOUT[kind]
    return missing([key], extensions[kind], without)
  })
  const modules = entriesOf(input).flatMap((entry, index) =>
    userTransformer(entry, folder).flatMap(({ path }) =>
      missing(['transformers', index, 'path'], path, 'requests that need it fail'),
    ),
  )
  return [...single, ...modules]
}

function missing(at: Path, file: string, without: string): Diagnostic[] {
  if (file === '' || existsSync(file)) return []
  return [{ path: at, text: `there is no file ${file}; ${without}` }]
}
