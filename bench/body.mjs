/**
 * Makes requests of the size and shape of Claude Code's: a system prompt, tools and turns; and
 * conversations of which each request is the one before with one more turn.
 */

/** Requests of a conversation; then another one begins. */
export const TURNS = 10
/** What stands in the first message of a conversation; `sequence` puts another word of its length there. */
const PLACE = '@'.repeat(20)

const PROSE = 'Use the tools that you have; say what you did and why, in plain words. '

/** A body of at least `kilobytes`, or of `tools` tools of 1.6 KB. */
export function requestBody(kilobytes, tools) {
  return JSON.stringify(requestOf(kilobytes, tools))
}

/**
 * The bodies of a conversation around `kilobytes`: each has one turn more than the one before.
 * @param write makes a body of a Messages request; by default its JSON.
 */
export function conversation(kilobytes, { tools, write = JSON.stringify } = {}) {
  const bytes = Math.min(4_000, kilobytes * 20)
  const request = requestOf(kilobytes, tools, kilobytes * 1000 - (TURNS / 2) * (bytes + 250))
  request.messages[0].content[0].text = PLACE
  return Array.from({ length: TURNS }, (_, turn) => {
    if (turn > 0) addTurn(request, bytes)
    return write(request)
  })
}

/**
 * Gives the bodies that are sent, one by one. Each connection has a conversation, and the next one once it
 * has ended; all differ in their first message. The same seed gives the same bodies in the same order.
 * @param bodies what `conversation` gave.
 * @param options `isFirstSight`: each body is of another conversation.
 */
export function sequence(bodies, { connections = 1, seed = '', isFirstSight = false }) {
  let sent = 0
  return () => {
    const [turn, connection] = [Math.floor(sent / connections), sent % connections]
    const talk = Math.floor(turn / bodies.length) * connections + connection
    const word = isFirstSight ? wordOf(`${seed}f`, sent) : wordOf(seed, talk)
    sent += 1
    return bodies[turn % bodies.length].replace(PLACE, word)
  }
}

function wordOf(seed, number) {
  return `${seed}-${number}`.padEnd(PLACE.length, '.')
}

/**
 * The same as `sequence` for `wrk`, in Lua. Its arguments: seed, connections, `first` or `growing`.
 * @param files those of the bodies, in their order.
 */
export function sequenceInLua(files) {
  // wrk calls `request` once before it begins, and does not send that one.
  return `local turns, sent, seed, connections, first = {}, -1, "", 1, false
function init(args)
  seed, connections, first = args[1], tonumber(args[2]), args[3] == "first"
  for at, name in ipairs({${files.map((file) => JSON.stringify(file)).join(',')}}) do
    local f = io.open(name) wrk.body = f:read("*a") f:close()
    local whole = wrk.format()
    local from, to = whole:find("${PLACE}", 1, true)
    turns[at] = {whole:sub(1, from - 1), whole:sub(to + 1)}
  end
end
function request()
  local turn, connection = math.floor(sent / connections), sent % connections
  local talk = math.floor(turn / #turns) * connections + connection
  local word = first and seed .. "f-" .. sent or seed .. "-" .. talk
  sent = sent + 1
  local parts = turns[turn % #turns + 1]
  return parts[1] .. word .. string.rep(".", ${PLACE.length} - #word) .. parts[2]
end`
}

function requestOf(kilobytes, tools, least = kilobytes * 1000) {
  // 12 tools and the system prompt take 32 KB: small requests have fewer.
  const isSmall = kilobytes < 40
  const count = tools ?? (isSmall ? Math.max(1, Math.floor(kilobytes / 4)) : 12)
  const request = {
    model: 'm',
    stream: true,
    max_tokens: 32_000,
    system: [
      {
        type: 'text',
        text: filler(isSmall ? kilobytes * 300 : 12_000),
        cache_control: { type: 'ephemeral' },
      },
    ],
    tools: Array.from({ length: count }, (_, n) => tool(n)),
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
    thinking: { type: 'adaptive' },
    output_config: { effort: 'medium' },
    metadata: { user_id: '{"session_id":"bench"}' },
  }
  while (JSON.stringify(request).length < least) addTurn(request, isSmall ? kilobytes * 80 : 4_000)
  return request
}

function tool(n) {
  return {
    name: `Tool${n}`,
    description: filler(1_500),
    input_schema: {
      type: 'object',
      properties: { path: { type: 'string' }, text: { type: 'string' } },
      required: ['path'],
    },
  }
}

/** A call of a tool and its result of this many bytes. */
function addTurn({ messages }, bytes) {
  const turn = (messages.length - 1) / 2
  const id = `toolu_${turn}`
  messages.push(
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'Looking.' },
        { type: 'tool_use', id, name: 'Tool1', input: { path: `/file${turn}` } },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: filler(bytes) }] },
  )
}

function filler(bytes) {
  return PROSE.repeat(Math.ceil(bytes / PROSE.length)).slice(0, bytes)
}
