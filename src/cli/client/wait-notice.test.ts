import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sessionRef } from '../../session/identity.ts'
import { ENDING, whileWaiting } from './wait-notice.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const ref = sessionRef({ CCR_HOME: '/h', CCR_MODEL_PREFERENCE: 'demo,x' })
const other = sessionRef({ CCR_HOME: '/h', CCR_MODEL_PREFERENCE: "it's" })

function output(isTTY: boolean) {
  const written: string[] = []
  return { written, stderr: { isTTY, write: (text: string) => written.push(text) } }
}

test('in a pipe each session is spoken of once, in one line with the command that ends it', async () => {
  const { written, stderr } = output(false)
  await whileWaiting({ stderr }, 'waiting', async ({ onSilence }) => {
    onSilence({ ref, pid: 7 })
    onSilence({ ref, pid: 7 })
    onSilence({ ref: other, pid: 8 })
    await vi.advanceTimersByTimeAsync(10_000)
  })
  expect(written).toEqual([
    `ccr: session ${ref.id} (demo,x) does not answer (pid 7): waiting. To end it: CCR_MODEL_PREFERENCE=demo,x ccr stop --force\n`,
    `ccr: session ${other.id} (it's) does not answer (pid 8): waiting. To end it: CCR_MODEL_PREFERENCE='it'\\''s' ccr stop --force\n`,
  ])
})

test('who ends it needs no command for that', async () => {
  const { written, stderr } = output(false)
  await whileWaiting({ stderr }, ENDING, ({ onSilence }) => {
    onSilence({ ref, pid: 7 })
    return Promise.resolve()
  })
  expect(written).toEqual([`ccr: session ${ref.id} (demo,x) does not answer (pid 7): ending it.\n`])
})

test('on a terminal a line below counts the seconds, and is gone when it is over', async () => {
  const { written, stderr } = output(true)
  await expect(
    whileWaiting({ stderr }, 'waiting', async ({ onWait }) => {
      onWait('for somebody')
      await vi.advanceTimersByTimeAsync(2_000)
      throw new Error('in vain')
    }),
  ).rejects.toThrow('in vain')
  await vi.advanceTimersByTimeAsync(5_000)
  const clear = '\u001b[1K\u001b[1G'
  expect(written.join('')).toBe(
    `ccr: waiting: for somebody\n${clear}ccr: 1 s${clear}ccr: 2 s${clear}`,
  )
})

test('what is over at once says nothing', async () => {
  const { written, stderr } = output(true)
  expect(await whileWaiting({ stderr }, 'waiting', () => Promise.resolve(5))).toBe(5)
  expect(written).toEqual([])
})
