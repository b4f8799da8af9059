/** The effects of a preset: the code it runs, the hosts it uses, the files it reads. */
import { interpolate } from '../../../config/parse/interpolate.ts'

type Members = Readonly<Record<string, unknown>>

export interface PresetEffects {
  /** Programs and modules that run with the user's permissions. */
  readonly programs: readonly string[]
  /** Files that are read and sent with requests. */
  readonly files: readonly string[]
  /** Hosts, with ports, that requests and keys are sent to. */
  readonly hosts: readonly string[]
  /** Settings of where the session listens. */
  readonly ports: readonly string[]
  /** Variables of the environment whose values it takes. */
  readonly variables: readonly string[]
}

/** Config keys whose value is a program or a module. */
const PROGRAM = /^(CLAUDE_PATH|CUSTOM_ROUTER_PATH|scriptPath|command)$/
/** Config keys whose value is a file. */
const FILE = /^(REWRITE_SYSTEM_PROMPT|CA_FILE|ca_file|file|path)$/
const PORT = /^(PORT|HOST|PORT_RANGE|BASE_PORT)$/
const URLS = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>]{1,2000}/gi

/** The effects of all values anywhere in the config of a preset. */
export function effectsOf(config: Members): PresetEffects {
  const found = {
    programs: new Set<string>(),
    files: new Set<string>(),
    hosts: new Set<string>(),
    ports: new Set<string>(),
  }
  for (const { keys, text } of textsIn(config, [])) {
    const key = keys.findLast((one) => Number.isNaN(Number(one))) ?? ''
    if (text.trim() === '') continue
    if (PROGRAM.test(key) || (key === 'path' && MODULES.has(keys[0]))) found.programs.add(text)
    else if (FILE.test(key)) found.files.add(text)
    else if (PORT.test(key)) found.ports.add(`${key} ${text}`)
    for (const [url] of text.matchAll(URLS)) found.hosts.add(hostOf(url))
  }
  const variables = interpolate(config, {}).uses.map(({ variable }) => variable)
  const sorted = Object.entries(found).map(([name, set]) => [name, [...set].sort()])
  return {
    ...(Object.fromEntries(sorted) as Omit<PresetEffects, 'variables'>),
    variables: [...new Set(variables)].sort(),
  }
}

const MODULES: ReadonlySet<unknown> = new Set(['transformers', 'plugins', 'Plugins'])

interface Text {
  readonly keys: readonly string[]
  readonly text: string
}

function* textsIn(value: unknown, keys: readonly string[]): Generator<Text> {
  if (typeof value === 'string' || typeof value === 'number') yield { keys, text: String(value) }
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) yield* textsIn(inner, [...keys, key])
}

function hostOf(url: string): string {
  if (!URL.canParse(url)) return url.slice(0, 100)
  const { protocol, host } = new URL(url)
  return protocol === 'https:' ? host : `${host} (${protocol.slice(0, -1)})`
}

const LABELS: Readonly<Record<keyof PresetEffects, string>> = {
  programs: 'runs as you',
  files: 'reads files',
  hosts: 'sends to',
  ports: 'listens on',
  variables: 'takes variables',
}

/** One line for each kind of effect. */
export function effectLines(brings: PresetEffects): string[] {
  return (Object.keys(LABELS) as (keyof PresetEffects)[])
    .filter((kind) => brings[kind].length > 0)
    .map((kind) => `  ${LABELS[kind]}: ${brings[kind].join(', ')}`)
}
