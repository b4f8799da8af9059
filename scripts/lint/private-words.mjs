/**
 * ESLint rule: identifiers that the project declares use the words of the field, not private ones.
 *
 * A word counts where it is a whole camelCase part of a name: `ownWire` and `isTold` are reported,
 * `hasOwn`, `replace` and `placeholder` are not. Names that others have given (what is imported, what
 * is only used) are not declarations.
 */

const WORDS = new Set(['own', 'told', 'said', 'asked', 'heard', 'place'])

/** `hasOwn` and `getOwnPropertyNames` are JavaScript's words. */
const BUILT_IN = /^(?:hasOwn|getOwn)/

/** The private words in a name. */
export function privateWords(name) {
  if (BUILT_IN.test(name)) return []
  const parts = name.split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/)
  return parts.map((part) => part.toLowerCase()).filter((part) => WORDS.has(part))
}

/** Nodes that declare a name by their `key`. */
const KEYED = [
  'TSPropertySignature',
  'TSMethodSignature',
  'PropertyDefinition',
  'MethodDefinition',
  'AccessorProperty',
]

export const privateWordsRule = {
  meta: {
    type: 'suggestion',
    docs: { description: "identifiers use the field's words (see docs/architecture.md)" },
    schema: [
      {
        type: 'object',
        properties: { allow: { type: 'array', items: { type: 'string' } } },
        additionalProperties: false,
      },
    ],
    messages: {
      word: '"{{name}}" has the private word "{{word}}": use the term of the glossary in docs/architecture.md.',
    },
  },
  create(context) {
    const allowed = new Set(context.options[0]?.allow ?? [])
    const report = (node, name) => {
      const [word] = privateWords(name)
      if (word !== undefined && !allowed.has(name)) {
        context.report({ node, messageId: 'word', data: { name, word } })
      }
    }
    const reportKey = ({ key, computed }) => {
      if (computed || (key.type !== 'Identifier' && key.type !== 'PrivateIdentifier')) return
      report(key, key.name)
    }
    return {
      'Program:exit'() {
        const reported = new Set()
        for (const scope of context.sourceCode.scopeManager?.scopes ?? []) {
          for (const { name, defs } of scope.variables) {
            for (const { name: node, type, node: definition } of defs) {
              const isImport = type === 'ImportBinding' && definition.imported?.name === name
              if (isImport || reported.has(node)) continue
              reported.add(node)
              report(node, name)
            }
          }
        }
      },
      ...Object.fromEntries(KEYED.map((kind) => [kind, reportKey])),
      'ObjectExpression > Property': (node) => {
        if (!node.shorthand) reportKey(node)
      },
    }
  },
}
