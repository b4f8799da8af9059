/** The modules of the status line: `StatusLine` of the config, in the format of version 2. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { homeFolder } from '../../../session/identity.ts'
import type { Env } from '../../../lib/env.ts'

export interface Module {
  readonly type: string
  readonly icon: string
  /** May contain `{{variable}}`. */
  readonly text: string
  /** A name (`bright_blue`) or `#rrggbb`; '' for none. */
  readonly color: string
  readonly background: string
  readonly scriptPath: string
  readonly options: unknown
}

export interface Theme {
  readonly modules: readonly Module[]
  /** Drawn as arrows with backgrounds. */
  readonly powerline: boolean
  /** The folder that script paths are relative to. */
  readonly folder: string
}

const TEXTS: Readonly<Record<string, string>> = {
  workDir: '{{workDirName}}',
  gitBranch: '{{gitBranch}}',
  model: '{{model}}',
  usage: '{{inputTokens}} → {{outputTokens}}',
  context: '{{contextPercent}}% of {{contextWindowSize}}',
  speed: '{{tokenSpeed}}',
  cost: '{{cost}}',
  duration: '{{duration}}',
  lines: '+{{linesAdded}} -{{linesRemoved}}',
  dropped: '{{droppedFields}} dropped',
}

const DEFAULT_MODULES: readonly Partial<Module>[] = [
  { type: 'workDir', icon: '📁', color: 'bright_blue' },
  { type: 'gitBranch', icon: '🌿', color: 'bright_magenta' },
  { type: 'model', icon: '🤖', color: 'bright_cyan' },
  { type: 'context', icon: '📊', color: 'bright_green' },
  { type: 'cost', icon: '💰', color: 'bright_white' },
  { type: 'dropped', icon: '⚠', color: 'bright_yellow' },
]

type Members = Readonly<Record<string, unknown>>

/** The theme of the given style or preset, otherwise of the config's current style, or the default. */
export async function readTheme(style: string | undefined, env: Env): Promise<Theme> {
  const home = homeFolder(env)
  const file = (env['CCR_CONFIG'] ?? '') || join(home, 'config.json')
  const config = await readMembers(file)
  const settings = members(config['StatusLine'])
  const name = style ?? textAt(settings, 'currentStyle') ?? 'default'
  const line =
    settings[name] === undefined && style !== undefined ? await preset(home, style) : settings
  const chosen = line === settings ? name : (textAt(line, 'currentStyle') ?? 'default')
  const listed = members(line[chosen])['modules']
  const written = Array.isArray(listed) && listed.length > 0 ? listed : DEFAULT_MODULES
  return {
    modules: written.map((module) => moduleOf(members(module))),
    powerline: chosen === 'powerline',
    folder: dirname(file),
  }
}

/** The `StatusLine` of a preset of version 2. */
async function preset(home: string, name: string): Promise<Members> {
  if (!/^[\w.-]+$/.test(name)) return {}
  const manifest = await readMembers(join(home, 'presets', name, 'manifest.json'))
  return members(manifest['StatusLine'])
}

function moduleOf(written: Members): Module {
  const type = textAt(written, 'type') ?? 'text'
  return {
    type,
    icon: textAt(written, 'icon') ?? '',
    text: textAt(written, 'text') ?? TEXTS[type] ?? '',
    color: textAt(written, 'color') ?? '',
    background: textAt(written, 'background') ?? '',
    scriptPath: textAt(written, 'scriptPath') ?? '',
    options: written['options'],
  }
}

/** The object in a JSON5 file; {} if there is none. The JSON5 parser is loaded only if needed. */
async function readMembers(file: string): Promise<Members> {
  let text: string
  try {
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  } catch {
    return {}
  }
  try {
    return members(JSON.parse(text))
  } catch {
    const { default: JSON5 } = await import('json5')
    return parsed(() => JSON5.parse<unknown>(text))
  }
}

function parsed(parse: () => unknown): Members {
  try {
    return members(parse())
  } catch {
    return {}
  }
}

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Members)
    : {}
}

function textAt(object: Members, key: string): string | undefined {
  const value = object[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}
