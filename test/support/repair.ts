import type { RepairContext } from '../../src/protocols/anthropic/repair-message.ts'

/** What the repair of an answer knows of its request; fresh ids are toolu_new1, toolu_new2, … */
export function repairParts(more: Partial<RepairContext> = {}): RepairContext {
  let count = 0
  return {
    provider: 'p',
    model: 'm',
    newMessageId: () => 'msg_new',
    newToolId: () => `toolu_new${String((count += 1))}`,
    takenToolIds: [],
    inputEstimate: 7,
    ...more,
  }
}
