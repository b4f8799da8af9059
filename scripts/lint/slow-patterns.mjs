/**
 * ESLint rule: a regular expression must take linear time on the worst text.
 *
 * A backtracking engine is slow where the same stretch of text can be matched in several ways.
 * The pattern becomes an automaton over its character positions (Glushkov), with a loop in front
 * for a search that may begin anywhere. It is exponential when a loop can read one text in two
 * ways, and polynomial when one text can be read by a loop, by a later loop, and on the way from
 * the first to the second (Weideman et al., "Analyzing matching time behavior of backtracking
 * regular expression matchers", 2016). A loop after which the match has succeeded in any case
 * costs nothing. Quantifiers of up to `SHORT` count as bounded.
 *
 * Where the text itself is short, a comment in the line above says why: `// bounded: …`.
 */
import { parseRegExpLiteral } from '@eslint-community/regexpp'

const SHORT = 256
const MOST_POSITIONS = 400

/** Code points to try the classes with; the bounds of a pattern's own ranges come on top. */
const SAMPLES = [
  ...Array.from({ length: 0x180 }, (_, code) => code),
  ...[0x2000, 0x200b, 0x200e, 0x2028, 0x202a, 0x2066, 0x3000, 0x4e2d, 0xac00, 0xfeff, 0xffee],
]

/** What is slow in the pattern: undefined, or `{ kind, parts }`. `literal` is e.g. `/a+$/g`. */
export function slowness(literal) {
  const ast = parseRegExpLiteral(literal)
  const builder = new Builder(ast)
  const anywhere = builder.position(undefined, builder.everything)
  builder.loop(anywhere)
  const whole = builder.alternatives(ast.pattern.alternatives)
  if (builder.lookbehind) return { kind: 'polynomial', parts: [builder.lookbehind] }
  if (!ast.flags.sticky) builder.join([anywhere], builder.searchable(whole.first))
  const ends = new Set(whole.last)
  return builder.positions.length > MOST_POSITIONS
    ? { kind: 'unknown', parts: [] }
    : (exponential(builder, ends) ?? polynomial(builder, ends))
}

class Builder {
  positions = []
  everything
  lookbehind
  #flags
  #samples
  #multiline

  constructor(ast) {
    const { ignoreCase, unicode, unicodeSets, dotAll, multiline } = ast.flags
    const names = [
      [ignoreCase, 'i'],
      [unicode, 'u'],
      [unicodeSets, 'v'],
      [dotAll, 's'],
    ]
    this.#flags = names.flatMap(([on, name]) => (on ? [name] : [])).join('')
    this.#multiline = multiline
    const bounds = new Set(SAMPLES)
    collectBounds(ast.pattern, bounds)
    if (unicode || unicodeSets) bounds.add(0x1f600)
    const most = unicode || unicodeSets ? 0x10ffff : 0xffff
    this.#samples = [...bounds].filter((code) => code >= 0 && code <= most)
    this.everything = new Set(this.#samples.keys())
  }

  position(node, chars) {
    const index = this.positions.length
    this.positions.push({ node, chars, follow: new Map(), anchored: false, open: false })
    return index
  }

  /** One more way from each of `from` to each of `to`. */
  join(from, to) {
    for (const one of from) {
      const { follow } = this.positions[one]
      for (const other of to) follow.set(other, (follow.get(other) ?? 0) + 1)
    }
  }

  loop(index) {
    this.join([index], [index])
  }

  /** Those where a search that is not at the start of the text can begin. */
  searchable(first) {
    return first.filter((index) => !this.positions[index].anchored)
  }

  #sets = new Map()

  chars(raw) {
    const known = this.#sets.get(raw)
    if (known) return known
    const pattern = new RegExp(`^(?:${raw})$`, this.#flags)
    const chars = new Set()
    for (const [index, code] of this.#samples.entries()) {
      if (pattern.test(String.fromCodePoint(code))) chars.add(index)
    }
    this.#sets.set(raw, chars)
    return chars
  }

  alternatives(alternatives) {
    const parts = alternatives.map((alternative) => this.sequence(alternative.elements))
    return {
      first: parts.flatMap((part) => part.first),
      last: parts.flatMap((part) => part.last),
      nullable: parts.some((part) => part.nullable),
    }
  }

  sequence(elements) {
    let whole = { first: [], last: [], nullable: true }
    let anchored = false
    for (const element of elements) {
      const part = this.element(element)
      if (part.start) anchored = true
      this.join(whole.last, part.first)
      whole = {
        first: whole.nullable ? [...whole.first, ...part.first] : whole.first,
        last: part.nullable ? [...whole.last, ...part.last] : part.last,
        nullable: whole.nullable && part.nullable,
      }
      if (anchored) for (const index of part.first) this.positions[index].anchored = true
      // What came before has not succeeded until this holds.
      if (part.mustHold) for (const index of whole.last) this.positions[index].open = true
    }
    return whole
  }

  element(element) {
    switch (element.type) {
      case 'Character':
      case 'CharacterSet':
      case 'CharacterClass':
      case 'ExpressionCharacterClass': {
        const index = this.position(element, this.chars(element.raw))
        return { first: [index], last: [index], nullable: false }
      }
      case 'Group':
      case 'CapturingGroup':
        return this.alternatives(element.alternatives)
      case 'Backreference':
        return this.alternatives([element.resolved].flat()[0].alternatives)
      case 'Quantifier':
        return this.quantifier(element)
      case 'Assertion':
        return this.assertion(element)
      default:
        return { first: [], last: [], nullable: true }
    }
  }

  quantifier({ element, min, max }) {
    const endless = max > SHORT
    const copies = endless ? Math.max(1, Math.min(min, 2)) : Math.min(max, 3)
    let whole = { first: [], last: [], nullable: true }
    for (let copy = 0; copy < copies; copy++) {
      const part = this.element(element)
      if (endless && copy === copies - 1) this.join(part.last, part.first)
      this.join(whole.last, part.first)
      const optional = part.nullable || copy >= min
      whole = {
        first: whole.nullable ? [...whole.first, ...part.first] : whole.first,
        last: optional ? [...whole.last, ...part.last] : part.last,
        nullable: whole.nullable && optional,
      }
    }
    return whole
  }

  assertion(element) {
    const nothing = { first: [], last: [], nullable: true }
    if (element.kind === 'start') {
      if (!this.#multiline) return { ...nothing, start: true }
      const index = this.position(element, this.chars('[\\n\\r\\u2028\\u2029]'))
      return { first: [index], last: [index], nullable: false }
    }
    if (element.kind === 'lookbehind') {
      if (hasEndless(element)) this.lookbehind = element.raw
      return { ...nothing, mustHold: true }
    }
    if (element.kind === 'lookahead') {
      // Its text is read again by what follows: it is a branch that must find its end.
      const { first, last } = this.alternatives(element.alternatives)
      for (const index of last) this.positions[index].open = true
      return { first, last: [], nullable: true, mustHold: true }
    }
    return { ...nothing, mustHold: true }
  }
}

function hasEndless(node) {
  return walk(node).some(({ type, max }) => type === 'Quantifier' && max > SHORT)
}

/** All nodes below one. */
function walk(node) {
  const children = [node.alternatives, node.elements, node.element].flat().filter(Boolean)
  return [node, ...children.flatMap(walk)]
}

function collectBounds(pattern, bounds) {
  for (const node of walk(pattern)) {
    const codes =
      node.type === 'Character'
        ? [node.value]
        : node.type === 'CharacterClassRange'
          ? [node.min.value, node.max.value]
          : []
    for (const code of codes) {
      bounds.add(code - 1)
      bounds.add(code)
      bounds.add(code + 1)
    }
  }
}

/** Positions that one word leads to from several at once, step by step. */
function* together({ positions }, indices) {
  const choices = indices.map((index) => [...positions[index].follow.keys()])
  const pick = function* (depth, chosen, chars) {
    if (depth === choices.length) {
      yield chosen
      return
    }
    for (const next of choices[depth]) {
      const common = intersection(chars, positions[next].chars)
      if (common.size > 0) yield* pick(depth + 1, [...chosen, next], common)
    }
  }
  yield* pick(0, [], undefined)
}

function intersection(one, other) {
  return one ? new Set([...one].filter((item) => other.has(item))) : other
}

/** Whether a word leads from the positions `from` to the positions `to`. */
function leads(automaton, from, to, allowed) {
  const goal = to.join()
  const seen = new Set([from.join()])
  const queue = [from]
  for (const at of queue) {
    for (const next of together(automaton, at)) {
      const key = next.join()
      if (key === goal) return true
      if (seen.has(key) || !allowed(next)) continue
      seen.add(key)
      queue.push(next)
    }
  }
  return false
}

/** A loop that reads one text in two ways. */
function exponential(automaton, ends) {
  const { positions } = automaton
  const reach = reachability(positions)
  const succeeds = succeeding(automaton, ends)
  for (const [index, { follow, node }] of positions.entries()) {
    if (!node || !reach[index].has(index) || succeeds(index)) continue
    const inLoop = (other) => reach[index].has(other) && reach[other].has(index)
    for (const [next, ways] of follow) {
      if (ways > 1 && inLoop(next) && !succeeds(next))
        return { kind: 'exponential', parts: [loopOf(node)] }
    }
    const allowed = (states) => states.every((state) => inLoop(state) && !succeeds(state))
    for (const pair of together(automaton, [index, index])) {
      if (pair[0] === pair[1] || !allowed(pair)) continue
      if (leads(automaton, pair, [index, index], allowed)) {
        return { kind: 'exponential', parts: [loopOf(node)] }
      }
    }
  }
  return undefined
}

/** A loop, a later loop, and one text that both read and that leads from the first to the second. */
function polynomial(automaton, ends) {
  const { positions } = automaton
  const reach = reachability(positions)
  const succeeds = succeeding(automaton, ends)
  const loops = [...positions.keys()].filter((index) => reach[index].has(index))
  for (const one of loops) {
    for (const other of loops) {
      if (one === other || !reach[one].has(other) || reach[other].has(one)) continue
      if (succeeds(other)) continue
      const allowed = ([a, b, c]) =>
        reach[a].has(one) && reach[b].has(other) && reach[c].has(other) && !succeeds(c)
      if (leads(automaton, [one, one, other], [one, other, other], allowed)) {
        const first = positions[one].node
        const second = loopOf(positions[other].node)
        const parts = first ? [loopOf(first), second] : [second]
        return { kind: 'polynomial', parts }
      }
    }
  }
  return undefined
}

/** Where the match has succeeded, whatever follows: no loop through there is ever tried again. */
function succeeding({ positions }, ends) {
  return (index) => ends.has(index) && !positions[index].open
}

/** For each position, those that can follow it sooner or later. */
function reachability(positions) {
  return positions.map(({ follow }) => {
    const found = new Set(follow.keys())
    for (const index of found) for (const next of positions[index].follow.keys()) found.add(next)
    return found
  })
}

/** The source of the nearest endless quantifier around a position. */
function loopOf(node) {
  for (let at = node; at; at = at.parent) {
    if (at.type === 'Quantifier' && at.max > SHORT) return at.raw
  }
  return node.raw
}

export const slowPatterns = {
  meta: {
    type: 'problem',
    docs: { description: 'regular expressions take linear time on any text' },
    schema: [],
    messages: {
      polynomial:
        'Slow on long text: {{parts}} can read the same text as what stands before it, or as a search from a later place. Bound the quantifier (up to 256), cut the text first, or say why it is short: // bounded: …',
      exponential: 'Exponential on some text: {{parts}} reads one text in several ways.',
      unknown: 'Too large to be checked: simplify it, or say why its text is short: // bounded: …',
      dynamic: 'A pattern made at run time cannot be checked. Say why it is safe: // bounded: …',
      reason: 'Say what bounds the text after "bounded:".',
    },
  },
  create(context) {
    const { sourceCode } = context
    return {
      Literal(node) {
        if (!('regex' in node)) return
        const found = slowness(node.raw)
        if (found && !bounded(node)) {
          context.report({
            node,
            messageId: found.kind,
            data: { parts: found.parts.join(' and ') },
          })
        }
      },
      ':matches(NewExpression, CallExpression)[callee.name="RegExp"]'(node) {
        if (!bounded(node)) context.report({ node, messageId: 'dynamic' })
      },
    }

    /** Whether a comment in the line of the pattern, or ending in the one above, gives the bound. */
    function bounded(node) {
      const { line } = node.loc.start
      return sourceCode.getAllComments().some(({ value, loc }) => {
        const near = loc.end.line === line || commentBlockEnds(loc.end.line, line)
        return near && /bounded: \S+ \S/.test(value)
      })
    }

    /** Whether only lines of comments stand between the two lines. */
    function commentBlockEnds(from, line) {
      if (from >= line) return false
      for (let at = from + 1; at < line; at++) {
        if (!sourceCode.lines[at - 1].trim().startsWith('//')) return false
      }
      return true
    }
  },
}
