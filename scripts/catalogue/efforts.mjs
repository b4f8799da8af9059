/** What the first package says of the efforts of its models, for the test that compares ours with it. */

const LEVELS = ['low', 'medium', 'high', 'xhigh', 'max']
/** Known to all models of which nothing else is said. */
const USUAL = new Set(['low', 'medium', 'high'])
/** APIs by which ccr tells Chat Completions and Responses of an effort; the others have words of their own. */
const APIS = /^(openai-completions|openai-responses|azure-openai-responses|mistral-conversations)$/

/** Lines of one row's models that think: `id stop words…`; stop is `never`, a word, or `switch`. */
export function effortLines(models) {
  return models.flatMap((model) => {
    const { id, api, reasoning, thinkingLevelMap: map, compat = {} } = model
    if (!reasoning || !APIS.test(api) || map === undefined || id.endsWith(':batch')) return []
    const stop = map.off === null ? 'never' : (map.off ?? 'switch')
    const takesEffort = compat.supportsReasoningEffort !== false
    const words = takesEffort ? LEVELS.flatMap((level) => wordOf(map, level)) : []
    return [[id, stop, ...words].join(' ')]
  })
}

function wordOf(map, level) {
  const word = Object.hasOwn(map, level) ? map[level] : USUAL.has(level) ? level : null
  return word === null ? [] : [word]
}
