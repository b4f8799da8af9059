import { expect, it } from 'vitest'
import { testWriter } from '../../test/support/stream.ts'
import { collect } from './collect.ts'
import type { StreamEvent } from './events.ts'

it('an answer without an end is given up before it fills the memory', async () => {
  const writer = testWriter()
  let asked = 0
  async function* endless(): AsyncGenerator<readonly StreamEvent[]> {
    for (;;) {
      asked += 1
      writer.text('x'.repeat(1024 * 1024))
      yield await Promise.resolve(writer.take())
    }
  }
  await expect(collect(endless())).rejects.toThrow(
    expect.objectContaining({ kind: 'api_error', status: 502 }) as Error,
  )
  expect(asked).toBeLessThan(100)
})
