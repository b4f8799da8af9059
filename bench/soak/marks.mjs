/** Marks in the turns of a conversation, by which the upstream sees whether all of them arrived. */

export const mark = (conversation, turn) => `<<${conversation}:${turn}>>`

/** What the answer to a conversation of so many turns must say. */
export const whole = (conversation, turns) => `[${conversation} has ${turns} turns]`

/** What arrived in a body: the conversation, and how many different turns of it. */
export function arrived(body) {
  const marks = new Set(body.match(/<<[\w-]+:\d+>>/g) ?? [])
  const names = new Set([...marks].map((one) => one.slice(2, one.indexOf(':'))))
  return whole([...names].join('+'), marks.size)
}
