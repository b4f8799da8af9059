import { expect, it } from 'vitest'
import { imagesOf } from './images.ts'

const image = (data: string) => ({
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data },
})

it('an image that stands in a request very often is found once, in time', () => {
  const content = [image('b'), ...Array.from({ length: 20_000 }, () => image('a')), image('c')]
  const startedAt = performance.now()
  const found = imagesOf({ model: 'm', messages: [{ role: 'user', content }] })
  // With a copy for each of them it took seconds.
  expect(performance.now() - startedAt).toBeLessThan(1_000)
  const each = found.map(({ source, blocks }) => [source, blocks.length])
  expect(each).toEqual(['c', 'a', 'b'].map((data, n) => [image(data).source, [1, 20_000, 1][n]]))
})
