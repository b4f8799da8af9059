/** Finds presets of Claude Code Router v2. */
import { asObject } from '../../../lib/json.ts'
import { UserError } from '../../../lib/user-error.ts'
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import JSON5 from 'json5'
import { type Preset, presetOf } from '../../../config/v2-preset.ts'
import { isTooDeep, MOST_LEVELS } from '../../../lib/depth.ts'
import { isFile, readText } from '../../../lib/files.ts'
import { homeFolder } from '../../../session/identity.ts'
import type { Env } from '../../../lib/env.ts'

/** Names of devices on Windows, with any extension. */
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i
const LONGEST = 80

/**
 * The name of a preset's folder: one path segment that is safe on every system. Blanks become
 * hyphens. Throws UserError for a name that could lead elsewhere.
 */
function folderName(name: string): string {
  const segment = name.trim().replace(/ +/g, '-')
  const isSafe =
    /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(segment) &&
    !segment.endsWith('.') &&
    !segment.includes('..') &&
    !RESERVED.test(segment) &&
    Buffer.byteLength(segment) <= LONGEST
  if (isSafe) return segment
  throw new UserError(
    `${JSON.stringify(name.slice(0, LONGEST))} cannot be the name of a preset.`,
    'A name has letters, digits, _, - and ., and is not a path or a Windows device. ' +
      'Change "name" in its manifest.json, or the name of its folder.',
  )
}

const MANIFEST = 'manifest.json'

/** A preset, and the folder that its paths are relative to. */
interface FoundPreset {
  readonly preset: Preset
  readonly folder: string
  /** The config that `ccr preset import` writes. */
  readonly configFile: string
}

function presetsFolder(env: Env): string {
  return join(homeFolder(env), 'presets')
}

/** The names of the presets in ccr's home. */
export function presetNames(env: Env): readonly string[] {
  const folder = presetsFolder(env)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, MANIFEST)) && isName(name))
    .sort()
}

function isName(name: string): boolean {
  try {
    return folderName(name) === name
  } catch {
    return false
  }
}

/**
 * Throws UserError if the config of a preset is behind a link, which could lead to the user's config.
 */
export function refuseLinks(configFile: string): void {
  const link = [dirname(configFile), configFile].find((path) =>
    lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink(),
  )
  if (link === undefined) return
  throw new UserError(`${link} is a link; nothing was written.`, 'Remove it, then try again.')
}

/** The preset of a name, a folder or a manifest file. Throws UserError. */
export function findPreset(source: string, env: Env): FoundPreset {
  const file = manifestOf(source, env)
  const text = readText(file) ?? ''
  let manifest: unknown
  try {
    manifest = JSON5.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UserError(`${file} cannot be read: ${why}`, 'Fix it, then try again.', cause)
  }
  if (isTooDeep(manifest)) {
    const why = `objects and lists are nested more than ${MOST_LEVELS} levels deep`
    throw new UserError(`${file} cannot be read: ${why}.`, 'Fix it, then try again.')
  }
  const folder = dirname(file)
  const preset = presetOf(asObject(manifest), basename(folder))
  const configFile = join(presetsFolder(env), folderName(preset.name), 'config.json')
  return { preset, folder, configFile }
}

function manifestOf(source: string, env: Env): string {
  const candidates = [
    resolve(source),
    join(resolve(source), MANIFEST),
    join(presetsFolder(env), source, MANIFEST),
  ]
  const file = candidates.find(isFile)
  if (file !== undefined) return file
  const names = presetNames(env)
  const hint =
    names.length === 0
      ? `There are no presets in ${presetsFolder(env)}.`
      : `Presets: ${names.join(', ')}.`
  throw new UserError(`there is no preset "${source}", and no such folder or manifest.json.`, hint)
}
