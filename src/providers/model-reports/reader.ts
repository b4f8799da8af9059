/** What the readers of servers share: how they get answers, and what they make of single values. */
import type { ReportedModel } from '../../config/config.ts'
import { asObject, isObject, type JsonObject } from '../../lib/json.ts'

/**
 * Gets JSON from a path below the server's root; undefined where no server answers, or with anything
 * but a success and JSON.
 * @param body is posted; a GET without it.
 */
export type GetJson = (path: string, body?: object) => Promise<unknown>

/** By model id; `*`: any other. */
export type Reported = ReadonlyMap<string, ReportedModel>

/**
 * Queries one kind of server. Undefined where no such server answers.
 * @param wanted the model ids that matter, the most important first.
 */
export type Reader = (getJson: GetJson, wanted: readonly string[]) => Promise<Reported | undefined>

/** Most models of one server that are read, and most that are queried one by one. */
export const MOST_LISTED = 500
export const MOST_QUERIED = 16

/** Longest model id that is read. */
const LONGEST_ID = 256

/** No model takes more; a larger number is a mistake. */
const LARGEST_WINDOW = 1_000_000_000

/** A number of tokens: whole, positive, of a size that can be; undefined for anything else. */
export function tokensIn(value: unknown): number | undefined {
  const usable =
    typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= LARGEST_WINDOW
  return usable ? value : undefined
}

export function booleanIn(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

/** For servers that offer tools to models which were not made for them as well: no is not known. */
export function onlyTrue(can: boolean): true | undefined {
  return can ? true : undefined
}

/** The objects of a list; none in anything else. */
export function objectsIn(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.slice(0, MOST_LISTED).filter(isObject) : []
}

/** A model id; undefined for what is none. */
export function idIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_ID ? value : undefined
}

/** The entries of an OpenAI-style list of models; undefined where the answer is no such list. */
export function listIn(answer: unknown): readonly JsonObject[] | undefined {
  const { data } = asObject(answer)
  return Array.isArray(data) ? objectsIn(data) : undefined
}

type Partly<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** A report without the fields that are not known. */
export function reported(
  facts: Partly<ReportedModel> & Pick<ReportedModel, 'server'>,
): ReportedModel {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined)
  return Object.fromEntries(known) as unknown as ReportedModel
}
