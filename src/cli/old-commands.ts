/** Hints for commands of earlier routers. */
/** Hints for commands of earlier routers. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { configCommand } from '../lib/command-line.ts'
import { homeFolder } from '../session/identity.ts'
import type { Env } from '../lib/env.ts'

/** Commands of Claude Code Router v1 to v3 that do not exist here, with their replacements. */
const OLD: Readonly<Record<string, string>> = {
  ui: 'Edit the config: ccr config edit. Choose models: ccr model',
  web: 'Edit the config: ccr config edit. Choose models: ccr model',
  install: 'Import a preset from this machine: ccr preset import FOLDER',
  serve: 'Run a session in the foreground: ccr start --foreground',
  update: 'Update with npm: npm install -g ccrouter@latest',
}

/** The replacement of a command of other versions; undefined for any other word. */
export function oldCommand(name: string, env: Env): string | undefined {
  if (Object.hasOwn(OLD, name)) return OLD[name]
  if (!/^[\w.-]+$/.test(name)) return undefined
  // Version 2 ran Claude Code with a preset of this name.
  const folder = join(homeFolder(env), 'presets', name)
  const config = join(folder, 'config.json')
  if (existsSync(config)) {
    return `Use the imported preset: ${configCommand({ configFile: config, isCustomConfig: true }, 'code')}`
  }
  if (existsSync(join(folder, 'manifest.json')))
    return `Import the preset first: ccr preset import ${name}`
  return undefined
}
