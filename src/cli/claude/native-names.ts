/**
 * Whether the client can be given the names of its models: it takes the option `--managed-settings` in
 * first place, before the arguments of the user.
 */
import { counted } from '../../lib/counted.ts'
import type { Config } from '../../config/config.ts'
import type { Env } from '../../lib/env.ts'
import { clientModels, mostWanted } from './client-models.ts'
import { clientVersion, isAtLeast } from './client-version.ts'
import type { Executable } from './find.ts'
import type { LaunchOptions } from './launch-env.ts'
import { machineSettings } from './machine-settings.ts'
import { settingsArgument } from './managed-settings.ts'
import type { SessionPrices } from './session-prices.ts'

/** The oldest version in which the option was seen to set the names in `/model`; 2.1.240 lacks them. */
export const LEAST_VERSION = '2.1.243'

export const OPTION = '--managed-settings'

/** Why the option is not used. */
export type Obstacle =
  /** The client is too old; the version is '' if it gave none. */
  | { readonly kind: 'version'; readonly version: string }
  /** An administrator's settings, which alone count. */
  | { readonly kind: 'machine'; readonly files: readonly string[] }
  /** The user's arguments: an option of the same name, or a subcommand. */
  | { readonly kind: 'arguments' }

export interface Launch {
  readonly claude: Executable
  readonly argv: readonly string[]
  readonly home: string
  readonly env: Env
  /** Asks for the version even if it is remembered. */
  readonly anew?: boolean
  /** The managed settings of the machine; by default those that it has. */
  readonly machine?: readonly string[]
}

/** What keeps the option from being used; null if nothing does. */
export async function obstacleTo(launch: Launch): Promise<Obstacle | null> {
  const { claude, argv, home, env, anew = false, machine = machineSettings() } = launch
  if (!startsConversation(argv)) return { kind: 'arguments' }
  if (machine.length > 0) return { kind: 'machine', files: machine }
  const version = await clientVersion(claude, { home, env, anew })
  return isAtLeast(version, LEAST_VERSION) ? null : { kind: 'version', version: version ?? '' }
}

/**
 * Whether these arguments start a conversation, and leave the option to ccr. The client finds several
 * subcommands only in first place (`claude logs`, `attach`, `stop`, `daemon`, `remote-control`), and
 * would take their name for a prompt behind an option; so a first word that may be a command gets none.
 */
function startsConversation(argv: readonly string[]): boolean {
  if (optionsOf(argv).some((word) => word.startsWith(OPTION))) return false
  return isPrinting(argv) || !/^[a-z][a-z0-9-]*$/.test(argv[0] ?? '')
}

/** Whether the client prints one answer and ends: it shows no `/model` and asks nothing. */
export function isPrinting(argv: readonly string[]): boolean {
  const words = optionsOf(argv)
  return words.includes('-p') || words.includes('--print')
}

/** The arguments before `--`. */
function optionsOf(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--')
  return end === -1 ? argv : argv.slice(0, end)
}

export interface Naming {
  /** The arguments of ccr that come before those of the user; none if nothing fits into a command line. */
  readonly words: readonly string[]
  /** Models whose names and prices these words give. */
  readonly listed: number
  /** Models of the config for whose names and prices there is no room. */
  readonly unlisted: number
}

/** No names are given. */
export const UNNAMED: Naming = { words: [], listed: 0, unlisted: 0 }

/** The option with the names and the prices of the models. */
export function namingArguments(
  { claude, argv }: Pick<Launch, 'claude' | 'argv'>,
  session: LaunchOptions & { readonly preference: string },
  config: Config,
  prices: SessionPrices,
): Naming {
  const models = clientModels(session, config, { token: session.token, priceText: prices.text })
  const lists = [models, mostWanted(models, config), models.slice(0, 1)]
  const source = { pricing: prices.of }
  const words = [claude.file, ...claude.args, OPTION, ...argv]
  const windows = process.platform === 'win32'
  const settings = settingsArgument(lists, source, { words, windows })
  const listed = settings?.models.length ?? 0
  return {
    words: settings === undefined ? [] : [OPTION, settings.text],
    listed,
    unlisted: models.length - listed,
  }
}

/**
 * What the user should know of models that are not listed, and do about it; nothing if all are.
 * @param argv the arguments of the user.
 */
export function unlistedNotes(naming: Naming, argv: readonly string[]): string[] {
  const { words, listed, unlisted } = naming
  if (unlisted === 0 || isPrinting(argv)) return []
  const models = `${counted(unlisted, 'model')} of the config`
  const are = unlisted === 1 ? 'is' : 'are'
  if (words.length === 0) {
    return [
      `${models} ${are} shown in /model as "From gateway", and Claude Code counts the price of a Claude model: ` +
        'the arguments leave no room for names and prices. Shorten them; a long text may stand in a file.',
    ]
  }
  return [
    `${models} ${are} not listed in /model, only ${String(listed)} ${listed === 1 ? 'is' : 'are'}: the list is too long for an argument. ` +
      'List fewer in the config, or name the few that you use in Preferences. /model provider,model takes any of them, ' +
      'but Claude Code counts the price of a Claude model for it.',
  ]
}

/** A client that does not know the option ends before so many ms. */
const REFUSAL_MS = 10_000

/**
 * Whether a run failed because the client did not know the option: the remembered version was that of
 * another program behind the same file, such as the launcher of a version manager.
 */
export async function refusedOption(
  launch: Omit<Launch, 'anew'>,
  { code, ms }: { readonly code: number; readonly ms: number },
): Promise<boolean> {
  if (code === 0 || ms > REFUSAL_MS) return false
  const obstacle = await obstacleTo({ ...launch, anew: true })
  return obstacle?.kind === 'version' && obstacle.version !== ''
}
