/** Checks whether a provider's API would refuse a body: gives all faults, by protocol. */

type Json = Readonly<Record<string, unknown>>
export type Check = (body: Json) => readonly string[]

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const isEmpty = (value: unknown): boolean => value === '' || (Array.isArray(value) && !value.length)

/** Walks steps of a conversation and says which calls and results do not belong together. */
class Ledger {
  readonly faults: string[] = []
  #open = new Set<string>()

  call(id: unknown): void {
    if (this.#open.has(text(id))) this.faults.push(`two calls have the id ${text(id)}`)
    this.#open.add(text(id))
  }

  result(id: unknown): void {
    if (!this.#open.delete(text(id))) this.faults.push(`a result without its call: ${text(id)}`)
  }

  /** At other content, or at the end: no call may lack its result. */
  closed(by: string): void {
    if (this.#open.size > 0) this.faults.push(`calls without results before ${by}`)
    this.#open.clear()
  }
}

function isObjectText(value: unknown): boolean {
  try {
    const read = JSON.parse(text(value)) as unknown
    return typeof read === 'object' && read !== null && !Array.isArray(read)
  } catch {
    return false
  }
}

function toolFaults(body: Json, choice: string): readonly string[] {
  const none = body['tools'] === undefined || isEmpty(body['tools'])
  return [
    ...(Array.isArray(body['tools']) && none ? ['tools are empty'] : []),
    ...(none && body[choice] !== undefined ? [`${choice} without tools`] : []),
  ]
}

export const chat: Check = (body) => {
  const ledger = new Ledger()
  const { faults } = ledger
  const messages = list(body['messages'])
  if (!messages.some(({ role }) => role === 'user' || role === 'tool')) faults.push('no user turn')
  for (const message of messages) {
    const { role, content } = message
    const calls = list(message['tool_calls'])
    if (role === 'tool') ledger.result(message['tool_call_id'])
    else ledger.closed(text(role))
    if (content === undefined || (content === null && calls.length === 0)) {
      faults.push(`${text(role)}: no content`)
    }
    if ((role === 'user' || role === 'system') && isEmpty(content)) {
      faults.push(`${text(role)}: empty content`)
    }
    if (list(content).some((part) => part['type'] === 'text' && part['text'] === '')) {
      faults.push(`${text(role)}: an empty part`)
    }
    if (message['tool_calls'] !== undefined && calls.length === 0) faults.push('empty tool_calls')
    for (const call of calls) {
      ledger.call(call['id'])
      if (!isObjectText((call['function'] as Json)['arguments'])) faults.push('arguments')
    }
  }
  ledger.closed('the end')
  return [...faults, ...toolFaults(body, 'tool_choice')]
}

export const responses: Check = (body) => {
  const ledger = new Ledger()
  const { faults } = ledger
  const items = list(body['input'])
  if (items.length === 0) faults.push('no input')
  items.forEach((item, at) => {
    switch (item['type']) {
      case 'function_call':
        if (!isObjectText(item['arguments'])) faults.push('arguments')
        return ledger.call(item['call_id'])
      case 'function_call_output':
        if (typeof item['output'] !== 'string' && isEmpty(item['output'])) faults.push('output')
        return ledger.result(item['call_id'])
      case 'reasoning':
        if (items[at + 1]?.['role'] === 'user' || at === items.length - 1) faults.push('reasoning')
        return
      default:
        if (item['role'] !== 'assistant') ledger.closed(text(item['role']))
        if (isEmpty(item['content'])) faults.push(`${text(item['role'])}: empty content`)
        if (list(item['content']).some((part) => part['text'] === '')) faults.push('empty part')
    }
  })
  ledger.closed('the end')
  return [...faults, ...toolFaults(body, 'tool_choice')]
}

/** User and other by turns, the user first, none of them empty. */
function alternationFaults(turns: readonly Json[], parts: string): readonly string[] {
  return [
    ...(turns[0]?.['role'] === 'user' ? [] : ['the user does not begin']),
    ...turns.flatMap((turn, at) => [
      ...(turn['role'] === turns[at - 1]?.['role'] ? [`two turns of ${text(turn['role'])}`] : []),
      ...(list(turn[parts]).length === 0 ? [`${text(turn['role'])}: empty turn`] : []),
    ]),
  ]
}

export const gemini: Check = (body) => {
  const contents = list(body['contents'])
  const faults = [...alternationFaults(contents, 'parts')]
  contents.forEach((content, at) => {
    const parts = list(content['parts'])
    const called = parts.filter((part) => part['functionCall'] !== undefined)
    const next = list(contents[at + 1]?.['parts'])
    const answered = next.filter((part) => part['functionResponse'] !== undefined)
    if (content['role'] === 'model' && called.length !== answered.length) faults.push('responses')
    if (at === 0 && parts.some((part) => part['functionResponse'])) faults.push('early response')
    if (answered.some((part, index) => next[index] !== part)) faults.push('late responses')
    if (parts.some((part) => part['text'] === '')) faults.push('an empty part')
    for (const { functionCall } of called as { functionCall: Json }[]) {
      const { args } = functionCall
      if (typeof args !== 'object' || args === null || Array.isArray(args)) faults.push('args')
    }
  })
  return [...faults, ...toolFaults(body, 'toolConfig')]
}

export const converse: Check = (body) => {
  const messages = list(body['messages'])
  const ledger = new Ledger()
  const faults = [...alternationFaults(messages, 'content')]
  for (const { content } of messages) {
    const blocks = list(content)
    if (blocks.some(isBlank)) faults.push('blank text')
    const documents = blocks.filter((block) => block['document'] !== undefined)
    if (documents.length > 0 && !blocks.some((b) => 'text' in b)) faults.push('a lone document')
    for (const block of blocks) faults.push(...toolBlockFaults(block, ledger))
    if (!blocks.some((block) => block['toolUse'])) ledger.closed('a turn without results')
  }
  ledger.closed('the end')
  const tools = (body['toolConfig'] as Json | undefined)?.['tools']
  if (body['toolConfig'] !== undefined && isEmpty(tools ?? [])) faults.push('tools are empty')
  if (tools === undefined && JSON.stringify(messages).includes('"toolUse"')) faults.push('no tools')
  return [...faults, ...ledger.faults, ...cacheFaults(body)]
}

function toolBlockFaults(block: Json, ledger: Ledger): readonly string[] {
  const { toolUse, toolResult } = block as { toolUse?: Json; toolResult?: Json }
  if (toolUse) {
    ledger.call(toolUse['toolUseId'])
    const { input } = toolUse
    return Array.isArray(input) || typeof input !== 'object' ? ['input'] : []
  }
  if (!toolResult) return []
  ledger.result(toolResult['toolUseId'])
  const inner = list(toolResult['content'])
  return inner.length === 0 || inner.some(isBlank) ? ['an empty result'] : []
}

function isBlank(block: Json): boolean {
  return 'text' in block && text(block['text']).trim() === ''
}

/** At most four, each behind something. */
function cacheFaults(body: Json): readonly string[] {
  const places = [
    list(body['system']),
    list((body['toolConfig'] as Json | undefined)?.['tools']),
    ...list(body['messages']).map(({ content }) => list(content)),
  ]
  const points = places.flat().filter((block) => block['cachePoint'] !== undefined)
  return [
    ...(points.length > 4 ? ['too many cache points'] : []),
    ...(places.some((blocks) => blocks[0]?.['cachePoint']) ? ['a cache point before all'] : []),
  ]
}

/** Of other makers, who know the protocol as it was. */
export const messages: Check = (body) => {
  const turns = list(body['messages'])
  const faults: string[] = []
  if (!turns.some(({ role }) => role === 'user')) faults.push('no user turn')
  for (const { role, content } of turns) {
    if (role !== 'user' && role !== 'assistant') faults.push(`a turn of ${text(role)}`)
    if (isEmpty(content)) faults.push(`${text(role)}: empty turn`)
    for (const block of list(content)) {
      if (block['type'] === 'text' && text(block['text']) === '') faults.push('an empty text')
      if (block['type'] !== 'tool_use') continue
      const { input } = block
      if (typeof input !== 'object' || input === null || Array.isArray(input)) faults.push('input')
    }
  }
  return [...faults, ...toolFaults(body, 'tool_choice')]
}
