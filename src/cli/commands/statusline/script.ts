/** Script modules of the status line. */
/** Script modules of the status line. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { within } from '../../../lib/within.ts'
import type { Variables } from './variables.ts'
import type { Module } from './theme.ts'

const LIMIT_MS = 1_000

type Script = (variables: Variables, options: unknown) => unknown

/** The result of the user's script for the variables; '' if it fails or takes too long. */
export async function runScript(
  { scriptPath, options }: Module,
  variables: Variables,
  folder: string,
): Promise<string> {
  if (scriptPath === '') return ''
  try {
    const path = scriptPath.startsWith('~/') ? join(homedir(), scriptPath.slice(2)) : scriptPath
    const url = pathToFileURL(resolve(folder, path)).href
    const loaded = (await import(url)) as { default?: unknown }
    if (typeof loaded.default !== 'function') return ''
    const result = Promise.resolve((loaded.default as Script)({ ...variables }, options))
    const text = await within(result, LIMIT_MS)
    return typeof text === 'string' ? text.replace(/[\r\n]+/g, ' ').trim() : ''
  } catch {
    return ''
  }
}
