import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { configCommand } from '../lib/command-line.ts'
import { type Env, homeFolder } from '../session/identity.ts'

/** Commands of Claude Code Router v1 to v3 that are not here, and what to type instead. */
const OLD: Readonly<Record<string, string>> = {
  ui: 'Edit the config with: ccr config edit, choose models with: ccr model',
  web: 'Edit the config with: ccr config edit, choose models with: ccr model',
  install: 'A preset on this machine is brought along with: ccr preset import FOLDER',
  serve: 'A session in the foreground: ccr start --foreground',
  update: 'Update with npm: npm install -g ccrouter@latest',
}

/** What to type instead of a command that other versions have; undefined for any other word. */
export function oldCommand(name: string, env: Env): string | undefined {
  if (Object.hasOwn(OLD, name)) return OLD[name]
  if (!/^[\w.-]+$/.test(name)) return undefined
  // Version 2 ran Claude Code with a preset of this name.
  const folder = join(homeFolder(env), 'presets', name)
  const config = join(folder, 'config.json')
  if (existsSync(config)) {
    return `The preset is a config: ${configCommand({ configFile: config, isCustomConfig: true }, 'code')}`
  }
  if (existsSync(join(folder, 'manifest.json'))) return `First: ccr preset import ${name}`
  return undefined
}
