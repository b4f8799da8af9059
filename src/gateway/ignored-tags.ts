/** Warns in the log of routing tags that are not obeyed. */
import type { Logger } from '../lib/log.ts'
import { mentionText } from '../routing/explain.ts'
import { type Route, TAGGED } from '../routing/resolve.ts'
import { isSubagent } from '../routing/subagent.ts'
import { type Mention, takeTag } from '../routing/tag.ts'
import { conversationIdOf } from './client-headers.ts'
import type { RoutableRequest } from './route-request.ts'

/** Reports each routing tag that is not obeyed, once in a conversation. */
export interface IgnoredTags {
  report(mentions: readonly Mention[], outcome: RoutingOutcome): void
}

export interface RoutingOutcome {
  readonly routed: RoutableRequest
  readonly route: Route
}

/** Mentions that are remembered. */
const MOST = 1_000

/** Characters of a model's name in the log. */
const LONGEST = 100

export function createIgnoredTags(log: Logger): IgnoredTags {
  const known = new Set<string>()

  function isNew(conversation: string, model: string): boolean {
    const key = `${conversation}\n${model}`
    if (known.has(key)) return false
    known.add(key)
    const [oldest] = known
    if (known.size > MOST && oldest !== undefined) known.delete(oldest)
    return true
  }

  return {
    report(mentions, { routed, route }) {
      const { request, client, hints } = routed
      const conversation = conversationIdOf(client, request) ?? ''
      const unknown = mentions.filter(({ model }) => isNew(conversation, model))
      if (unknown.length > 0) {
        log.warn({ conversation }, mentionText(unknown, isSubagent(request, hints.agentId)))
      }
      const tag = takeTag(request, hints)
      if (tag === undefined || route.reason === TAGGED.reason) return
      if (!isNew(conversation, tag.model)) return
      const model = tag.model.slice(0, LONGEST)
      log.warn({ conversation }, `the tag of a sub-agent names "${model}": ${whyNot(route)}`)
    },
  }
}

function whyNot({ reason }: Route): string {
  return reason === 'explicit'
    ? 'the request itself names a provider and model, which goes first'
    : 'that is no configured model'
}
