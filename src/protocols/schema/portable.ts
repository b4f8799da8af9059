import { wellFormed } from '../../messages/lone-surrogates.ts'
import { isList, isObject, type Json, typesOf, without } from './json.ts'
import type { Rule } from './pass.ts'

/** Rules of OpenAI's check of tools, which many servers have taken over. */

/**
 * "array schema missing items": https://github.com/modelcontextprotocol/modelcontextprotocol/issues/410.
 * A tuple needs it too: https://github.com/PrefectHQ/fastmcp/issues/2464.
 */
export const itemsOfArrays: Rule = (node) => {
  if (node['type'] !== 'array' && !isList(node['type'])) return node
  return typesOf(node).includes('array') && !('items' in node) ? { ...node, items: {} } : node
}

/** Gemini refuses "enum[0]: cannot be empty", whoever passes it on: https://github.com/BerriAI/litellm/pull/14155. */
export const noEmptyValues: Rule = (node, { lost }) => {
  const { enum: values } = node
  if (!isList(values) || !values.includes('')) return node
  const kept = values.filter((value) => value !== '')
  if (kept.length === 0) return inWords(node, 'enum')
  lost('enum')
  return { ...node, enum: kept }
}

/** Longer ones are not worth a look. */
const LONGEST_PATTERN = 1000

/** Escapes that mean the same in all dialects: of signs, classes of letters, control characters. */
const KNOWN_ESCAPE = /^(?:[^a-zA-Z]|[bBdDsSwWnrtfv]|x[\da-fA-F]{2}|u[\da-fA-F]{4})/

/**
 * Whether a pattern means something to readers that are not JavaScript: Python's `re` compiles it for
 * OpenAI ("is not a 'regex'": https://github.com/BerriAI/litellm/pull/40485), whose newer models
 * refuse lookaround ("regex lookaround is not supported": https://github.com/cline/cline/pull/14019).
 * The client's own `Artifact` tool has one with both.
 */
function isPortable(pattern: string): boolean {
  if (pattern.length > LONGEST_PATTERN || /\(\?(?!:)|\[\^?\]/.test(pattern)) return false
  for (let at = pattern.indexOf('\\'); at !== -1; at = pattern.indexOf('\\', at + 2)) {
    if (!KNOWN_ESCAPE.test(pattern.slice(at + 1, at + 6))) return false
  }
  try {
    // bounded: compiled to see whether it is one, never matched
    return new RegExp(pattern) instanceof RegExp
  } catch {
    return false
  }
}

/** A pattern that not everybody can read becomes words, as do the names of properties in patterns. */
export const portablePatterns: Rule = (node, { lost }) => {
  const { pattern, patternProperties: named } = node
  const isFine = typeof pattern !== 'string' || isPortable(pattern)
  const next = isFine ? node : inWords(node, 'pattern')
  if (!isObject(named) || Object.keys(named).every(isPortable)) return next
  lost('patternProperties')
  const kept = Object.entries(named).filter(([name]) => isPortable(name))
  return { ...next, patternProperties: Object.fromEntries(kept) }
}

/**
 * llama.cpp, and what is built upon it, makes a grammar of the schema and refuses patterns that this
 * cannot hold ("Pattern must start with '^' and end with '$'"):
 * https://github.com/containers/kubernetes-mcp-server/issues/758
 */
export const patternsInWords: Rule = (node) =>
  typeof node['pattern'] === 'string' ? inWords(node, 'pattern') : node

/** Longer constraints say nothing to a reader of words. */
const LONGEST_WORDS = 300

/** The node with a constraint as a sentence of its description. */
export function inWords(node: Json, keyword: string): Json {
  const value = node[keyword]
  const words = `(${keyword}: ${typeof value === 'string' ? value : JSON.stringify(value)})`
  const said = typeof node['description'] === 'string' ? [node['description']] : []
  const description = [...said, wellFormed(words.slice(0, LONGEST_WORDS))].join(' ')
  return { ...without(node, keyword), description }
}
