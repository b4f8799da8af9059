/**
 * Fidelity: the acceptance table of a gateway, asked of a contestant through its front, with a scripted
 * upstream behind it. Right is what an Anthropic client needs; what was seen is in our words.
 */
import { clientOf } from './client.mjs'
import { ACCESS } from './checks/access.mjs'
import { ANSWERS } from './checks/answers.mjs'
import { FAILURES } from './checks/failures.mjs'
import { REQUESTS } from './checks/requests.mjs'
import { answer } from './upstream.mjs'

/** Failures are last: some gateways shut out an upstream after one. */
export const CHECKS = [...REQUESTS, ...ANSWERS, ...ACCESS, ...FAILURES]

/**
 * @param contestant `{url, front, model, headers}`; `front` is `messages` or `chat`.
 * @param upstream what `startUpstream` gave; the contestant forwards to it.
 * @param restart starts the contestant again, where a check left it unable to answer; gives it.
 * @returns by name of the check: `{right, seen}`; `right` is undefined where the front cannot be asked.
 */
export async function fidelity(contestant, upstream, restart, checks = CHECKS) {
  const verdicts = {}
  let running = contestant
  for (const { name, fronts = ['messages'], run } of checks) {
    if (!fronts.includes(running.front ?? 'messages')) {
      verdicts[name] = { seen: 'takes only Chat' }
      continue
    }
    if (!(await answers(running, upstream))) running = await restart()
    const api = { client: clientOf(running), upstream, front: running.front ?? 'messages' }
    verdicts[name] = await run(api).catch((error) => ({
      right: false,
      seen: `the check failed: ${error.message.slice(0, 80)}`,
    }))
  }
  return verdicts
}

/** Whether a plain request is answered. */
async function answers(contestant, upstream) {
  upstream.play(answer({ text: 'ok' }))
  const request = { messages: [{ role: 'user', content: 'hello' }] }
  const { status } = await clientOf(contestant).ask(request, { withinMs: 10_000 })
  return status === 200
}
