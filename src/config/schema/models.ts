/** The schema of a provider's `models`: ids, or objects that say what a model takes, gives and costs. */
import * as v from 'valibot'
import { isObject } from '../../lib/json.ts'
import { suggest } from '../../lib/suggest.ts'
import type { ModelConfig } from '../config.ts'
import { price } from './prices.ts'
import { byType, described, flag, integer, kept, text } from './values.ts'

export const TOKENS = 'tokens as a whole number, such as 128000'
export const tokens = integer(1, 1_000_000_000, TOKENS)

const INPUT = 'a list of "text" and "image", such as ["text", "image"]'
/** The kinds that catalogues write; whether `image` is among them is what ccr reads. */
const KINDS = ['text', 'image', 'pdf', 'file', 'audio', 'video'] as const
const input = v.pipe(
  v.array(v.pipe(text(INPUT), v.toLowerCase(), v.picklist(KINDS, INPUT)), INPUT),
  v.minLength(1, INPUT),
)

const ID = 'a model id as text'

export const modelEntries = {
  id: described(text(ID), 'The id of the model as its provider calls it.'),
  name: described(text('a name as text'), 'The name under which the model is shown.'),
  contextWindow: described(
    tokens,
    'Tokens of prompt and answer together; takes precedence over contextWindow of the provider.',
  ),
  maxOutput: described(tokens, 'Most tokens of one answer.'),
  input: described(
    input,
    'What the model reads: ["text"], or ["text", "image"] if it sees images.',
  ),
  reasoning: described(
    flag,
    'Whether the model thinks; false: it is sent no reasoning parameters.',
  ),
  tools: described(flag, 'Whether the model can call tools, which Claude Code needs.'),
  price: described(
    price,
    'What its tokens cost; takes precedence over the built-in catalogue, as in Prices.',
  ),
  model: kept('The same as id.'),
}

const OBJECT = 'a model, such as { "id": "qwen3-coder", "contextWindow": 131072 }'
const model = v.looseObject(modelEntries, OBJECT)
const modelWithId = v.pipe(
  model,
  v.check((written) => idOf(written) !== undefined, ID),
)

/** A model object of the file: the fields that ccr knows, and those that it does not. */
export type WrittenModel = v.InferOutput<typeof model>

/** A value of an object with the ids as its keys that is no object says nothing of the model. */
const nothing = v.unknown()

const MODELS = 'a list of model ids, such as ["gpt-4o", "o3"]'
const ids = v.string(MODELS)
const id = text(ID)
const list = v.array(byType([id, modelWithId], (item) => (isObject(item) ? modelWithId : id)))
const byId = v.record(
  v.string(),
  byType([model, nothing], (value) => (isObject(value) ? model : nothing)),
)

/** A model that a provider serves, as written. */
export interface ListedModel {
  readonly id: string
  /** Its index in the list, or its key; undefined for one of a text with commas. */
  readonly step: number | string | undefined
  /** Undefined where only the id is written. */
  readonly object: WrittenModel | undefined
}

/** Other tools write objects too, in a list or with the ids as their keys. */
export const models = v.pipe(
  byType([ids, list, byId], (written) => {
    if (Array.isArray(written)) return list
    return isObject(written) ? byId : ids
  }),
  v.transform((written) => listed(written).filter(({ id }) => id !== '')),
)

function listed(
  written: string | readonly (string | WrittenModel)[] | Readonly<Record<string, unknown>>,
): ListedModel[] {
  if (typeof written === 'string') {
    return written.split(',').map((id) => ({ id: id.trim(), step: undefined, object: undefined }))
  }
  if (isList(written)) {
    return written.map((item, step) => {
      const object = typeof item === 'string' ? undefined : item
      return { id: typeof item === 'string' ? item : (idOf(item) ?? ''), step, object }
    })
  }
  return Object.entries(written).map(([key, value]) => {
    return { id: key.trim(), step: key, object: isObject(value) ? value : undefined }
  })
}

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value)
}

/** The id of a model object: in some files it has another name. */
function idOf({ id, model, name }: WrittenModel): string | undefined {
  return [id, model, name]
    .find((one): one is string => typeof one === 'string' && one !== '')
    ?.trim()
}

/** What the objects say, by the ids of their models; undefined where that is nothing. Of two for one id the first counts. */
export function modelDetails(
  listed: readonly ListedModel[],
): Readonly<Record<string, ModelConfig>> | undefined {
  const details = new Map<string, ModelConfig>()
  for (const { id, object } of listed) {
    const config = object && configOf(object, id)
    if (config !== undefined && !details.has(id)) details.set(id, config)
  }
  return details.size === 0 ? undefined : Object.fromEntries(details)
}

/** Undefined where an object holds nothing but the id. */
function configOf(object: WrittenModel, id: string): ModelConfig | undefined {
  const { name = '', contextWindow, maxOutput, input, reasoning, tools, price } = object
  const images = input?.includes('image')
  const facts = Object.entries({ contextWindow, maxOutput, images, reasoning, tools })
  const known = facts.filter(([, value]) => value !== undefined)
  const isNamed = name !== '' && name !== id && id !== '*'
  if (known.length === 0 && !isNamed && price === undefined) return undefined
  return {
    ...(isNamed ? { name } : {}),
    ...(price === undefined ? {} : { price }),
    abilities: Object.fromEntries(known),
  }
}

// --- Unknown fields ---

/** Names of other tools and of catalogues, in lower case and without `_` and `-`, for the fields of a model. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  name: ['displayname', 'label', 'title', 'alias'],
  contextWindow: [
    ...['context', 'contextlength', 'contextsize', 'contextlimit', 'maxcontext', 'window'],
    ...['maxcontextlength', 'maxcontexttokens', 'maxinputtokens', 'maxmodellen', 'numctx', 'limit'],
  ],
  maxOutput: [...['maxtokens', 'maxoutputtokens', 'maxcompletiontokens', 'outputlimit', 'output']],
  input: [
    ...['modalities', 'inputmodalities', 'modality', 'architecture', 'vision', 'images', 'image'],
    ...['supportsimages', 'supportsvision', 'supportsimageinput', 'attachment', 'multimodal'],
  ],
  reasoning: ['thinking', 'supportsreasoning', 'supportsthinking', 'reason', 'think'],
  tools: [
    ...['toolcall', 'toolcalling', 'tooluse', 'functioncalling', 'supportstools', 'functions'],
    ...['supportstoolcalls', 'supportsfunctioncalling'],
  ],
  price: ['pricing', 'cost', 'costs', 'prices'],
}

/** The field of a model that `key` may mean; undefined where none is near. */
export function meantModelKey(key: string): string | undefined {
  const plain = key.toLowerCase().replaceAll(/[_-]/g, '')
  const other = Object.entries(OTHER_NAMES).find(
    ([known, others]) => plain === known.toLowerCase() || others.includes(plain),
  )
  return other?.[0] ?? suggest(key, Object.keys(modelEntries), 1)[0]
}
