/**
 * The settings that `ccr code` gives to the client as its host: one JSON document, the value of its
 * option `--managed-settings`. Observed with Claude Code 2.1.243 to 2.1.332; the option is not in its
 * help.
 */
import type { ClientModel } from './client-models.ts'

/** The rows of `/model`, of which the client shows no others but its row "Default". */
interface ModelPicker {
  readonly options: readonly {
    readonly model: string
    readonly label: string
    readonly description: string
  }[]
  readonly replaceBuiltInOptions: true
}

export interface ManagedSettings {
  readonly modelPicker?: ModelPicker
  readonly modelPricing?: object
}

/** What the settings are made of. */
export interface SettingsSource {
  /** The session's model first. */
  readonly models: readonly ClientModel[]
  /** The prices of these models, as `modelPricing`; undefined where the client's are right. */
  readonly pricing?: (models: readonly ClientModel[]) => object | undefined
}

/** The document. It holds no secret. */
export function managedSettings({ models, pricing }: SettingsSource): ManagedSettings {
  const modelPricing = pricing?.(models)
  return {
    ...(models.length > 0 ? { modelPicker: pickerOf(models) } : {}),
    ...(modelPricing === undefined ? {} : { modelPricing }),
  }
}

function pickerOf(models: readonly ClientModel[]): ModelPicker {
  return {
    options: models.map(({ name, label, description }) => ({ model: name, label, description })),
    replaceBuiltInOptions: true,
  }
}

/** Bytes of one argument: Linux takes 128 KiB with the closing zero. */
const MOST_BYTES = 120_000

/** Characters of a whole command line on Windows, which takes 32,767. */
const MOST_CHARACTERS = 32_000

/** The other arguments, and the system that takes them. */
export interface CommandLine {
  readonly words: readonly string[]
  readonly windows: boolean
}

/** The document, and the models that it lists. */
export interface SettingsArgument {
  readonly text: string
  readonly models: readonly ClientModel[]
}

/**
 * The document of the longest list of models that fits into an argument; undefined if none does, or if
 * there is nothing to set.
 * @param lists the models to try, the longest list first.
 */
export function settingsArgument(
  lists: readonly (readonly ClientModel[])[],
  source: Omit<SettingsSource, 'models'>,
  commandLine: CommandLine,
): SettingsArgument | undefined {
  for (const models of lists) {
    const settings = managedSettings({ ...source, models })
    if (Object.keys(settings).length === 0) return undefined
    const text = JSON.stringify(settings)
    if (fits(text, commandLine)) return { text, models }
  }
  return undefined
}

function fits(text: string, { words, windows }: CommandLine): boolean {
  if (!windows) return Buffer.byteLength(text) <= MOST_BYTES
  return [...words, text].reduce((sum, word) => sum + quotedLength(word), 0) <= MOST_CHARACTERS
}

/** Characters of an argument on a command line of Windows: in quotes, with quotes and backslashes escaped. */
function quotedLength(word: string): number {
  return word.length + (word.match(/["\\]/g)?.length ?? 0) + 3
}
