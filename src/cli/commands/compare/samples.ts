/** How often a model of a comparison runs: `MODEL*N` on the command line (pure). */
import { UsageError } from '../../command.ts'
import { visible } from '../../terminal/untrusted-text.ts'

/** The most samples of one model. */
export const MOST_SAMPLES = 20
/** The most samples of all models together. */
export const MOST_IN_ALL = 100

export interface Samples {
  /** The model, as in CCR_MODEL_PREFERENCE. */
  readonly preference: string
  readonly count: number
}

/**
 * The model and the number of samples that `-m` asks for. Throws UsageError for a number that is none.
 * @param isName whether a text with a `*` is the name of a model as a whole.
 */
export function samplesOf(given: string, isName: (text: string) => boolean): Samples {
  const text = given.trim()
  const star = text.lastIndexOf('*')
  if (star === -1 || isName(text)) return { preference: text, count: 1 }
  const [preference, times] = [text.slice(0, star).trim(), text.slice(star + 1)]
  const count = /^[1-9]\d?$/.test(times) ? Number(times) : 0
  if (count >= 1 && count <= MOST_SAMPLES) return { preference, count }
  throw new UsageError(
    `-m ${visible(text)}: * needs a whole number from 1 to ${MOST_SAMPLES} after it.`,
    `To run the model three times: -m "${visible(preference) || 'MODEL'}*3"`,
  )
}

/** One of the samples of a comparison, of the kind that each kind of comparison has. */
export interface Sample {
  /** `A`, `B`, … in the order given; unique. */
  readonly letter: string
  /** The model as given, without control characters; all samples of a model share it. */
  readonly preference: string
}

/** The samples of each model, in the order in which the models first appear. */
export function byModel<T extends Sample>(samples: readonly T[]): (readonly T[])[] {
  const groups = new Map<string, T[]>()
  for (const sample of samples) {
    const group = groups.get(sample.preference)
    if (group) group.push(sample)
    else groups.set(sample.preference, [sample])
  }
  return [...groups.values()]
}

/** Whether any model runs more than once. */
export function isRepeated(samples: readonly Sample[]): boolean {
  return byModel(samples).length < samples.length
}
