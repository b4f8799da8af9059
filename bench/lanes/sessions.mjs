/** A lane: many sessions at once. The time until all run, whether all answer, and their memory. */
import { spawn } from 'node:child_process'
import { CCR, ccr, ccrEnv, ccrHome } from '../lib/contestants.mjs'
import { pssMiB, rssMiB } from '../lib/process.mjs'
import { median } from '../lib/stats.mjs'

/** `{count, upMs, answering, rssMiB, pssMiB, allMiB}`: memory of one (median), and of all together. */
export async function sessions(work, count) {
  const home = await ccrHome(work, `sessions-${count}`, { name: 'demo' })
  try {
    const begun = performance.now()
    const starts = Array.from({ length: count }, (_, n) => startOne(home, `demo,demo-${n}`))
    await Promise.all(starts)
    const upMs = performance.now() - begun
    const live = JSON.parse(ccr(home, ['sessions', '--json']))
    const answers = await Promise.all(live.map(({ port }) => asks(port)))
    const pss = live.map(({ pid }) => pssMiB(pid))
    return {
      count,
      upMs,
      answering: answers.filter(Boolean).length,
      rssMiB: median(live.map(({ pid }) => rssMiB(pid))),
      pssMiB: median(pss),
      allMiB: pss.reduce((sum, one) => sum + one, 0),
    }
  } finally {
    ccr(home, ['stop', '--all', '--force'])
  }
}

function startOne(home, preference) {
  const options = { env: ccrEnv(home, preference), stdio: 'ignore' }
  const child = spawn(process.execPath, [CCR, 'start'], options)
  return new Promise((resolve) => child.once('exit', resolve))
}

async function asks(port) {
  const body = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hello' }] }
  const options = { method: 'POST', body: JSON.stringify(body) }
  const answer = await fetch(`http://127.0.0.1:${port}/v1/messages`, options).catch(() => undefined)
  return answer?.ok === true && (await answer.json()).type === 'message'
}
