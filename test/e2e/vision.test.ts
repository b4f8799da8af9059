/** The real client shows pictures to a model that takes none: another model describes them, where the user wants that. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Ccr, collected } from '../support/ccr.ts'
import { calls, http, text } from '../support/replies.ts'
import { type Seen, startUpstream, type Upstream } from '../support/upstream.ts'
import { by, clientHome, messagesText, PATIENCE } from './harness.ts'

/** Four red pixels, and four blue ones. */
const RED =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=='
const BLUE =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAD0lEQVR4nGNgYPgPRmAKABf2A/1+6zfzAAAAAElFTkSuQmCC'

let upstream: Upstream
let ccr: Ccr
let before: number

beforeAll(async () => {
  upstream = await startUpstream()
  ccr = await clientHome(config())
})
afterAll(async () => {
  await ccr.remove()
  await upstream.close()
})
beforeEach(async () => {
  before = upstream.requests.length
  await writeFile(join(ccr.work, 'red.png'), Buffer.from(RED, 'base64'))
})

/** A model that takes text alone, and one that takes images. */
function config(more: object = {}): object {
  const provider = (name: string, models: readonly unknown[]) => ({
    name,
    api_base_url: upstream.chatUrl,
    api_key: 'fake-key',
    models,
  })
  const Providers = [
    provider('texts', [{ id: 'model-a', input: ['text'] }]),
    provider('eyes', [{ id: 'seer', input: ['text', 'image'] }]),
  ]
  return { Providers, Router: { default: 'texts,model-a' }, ...more }
}

const sent = (): readonly Seen[] => upstream.requests.slice(before)
const sentTo = (model: string): readonly Seen[] => sent().filter(({ body }) => body.model === model)
const imagesIn = (requests: readonly Seen[]): number =>
  requests.filter(({ raw }) => raw.includes('image_url')).length

/** The model reads red.png, and answers. */
function scripted(description = text('Four pixels, all of them red.')): void {
  upstream.script((request) => {
    if (request.body.model === 'seer') return description
    const file_path = join(ccr.work, 'red.png')
    return by('tool', request).length === 0
      ? calls([{ name: 'Read', input: { file_path } }])
      : text('it is red')
  })
}

async function ask(preference: string): Promise<void> {
  const argv = ['code', '-p', 'what is in red.png?', '--dangerously-skip-permissions']
  expect(await ccr.run(argv, { preference })).toMatchObject({ code: 0, stdout: 'it is red\n' })
}

describe('a picture in a session of a preference, whose model takes text alone', () => {
  it('that the client reads from disk is described by the model of Lend.vision, once', async () => {
    await ccr.configure(config({ Lend: { vision: 'eyes,seer' } }))
    scripted()
    await ccr.run(['start'], { preference: 'texts,model-a' })
    await ask('texts,model-a')
    const [asked, ...more] = sentTo('seer')
    expect(more).toEqual([])
    expect(asked && imagesIn([asked])).toBe(1)
    const last = sentTo('model-a').at(-1)
    expect(last && messagesText(last)).toContain(
      '[Image described by eyes,seer: Four pixels, all of them red.]',
    )
    expect(imagesIn(sentTo('model-a'))).toBe(0)
    await vi.waitFor(async () => {
      const { stdout } = await ccr.run(['usage', '--by', 'class', '--json'])
      const { groups } = JSON.parse(stdout) as { groups: object[] }
      expect(groups).toContainEqual(
        expect.objectContaining({ key: 'lend', requests: 1, errors: 0 }),
      )
    }, PATIENCE)
    // The client may have made another request since: what `ccr explain last` would show.
    const { stdout } = await ccr.run(['logs', '-n', '200'], { preference: 'texts,model-a' })
    expect(stdout).toContain('image (described by eyes,seer)')
  })

  it('in the prompt is, too, and stays as it was described in every later turn', async () => {
    await ccr.configure(config({ Lend: { vision: 'eyes,seer' } }))
    upstream.script(({ body }) =>
      body.model === 'seer' ? text('Four pixels, all of them blue.') : text('it is blue'),
    )
    const question = (words: string, images: readonly object[] = []): string =>
      JSON.stringify({
        type: 'user',
        message: { role: 'user', content: [...images, { type: 'text', text: words }] },
      })
    const source = { type: 'base64', media_type: 'image/png', data: BLUE }
    const argv = ['code', '-p', '--input-format', 'stream-json', '--output-format', 'stream-json']
    const child = ccr.spawn([...argv, '--verbose'], { preference: 'texts,model-a' })
    child.stdin?.write(`${question('what is this?', [{ type: 'image', source }])}\n`)
    child.stdin?.end(`${question('are you sure?')}\n`)
    const { code, stdout } = await collected(child)
    expect(code).toBe(0)
    expect(stdout).toContain('it is blue')
    expect(sentTo('seer')).toHaveLength(1)
    const turns = sentTo('model-a').filter((one) => messagesText(one).includes('what is this?'))
    expect(turns.length).toBeGreaterThan(1)
    for (const turn of turns) expect(messagesText(turn)).toContain('all of them blue.]')
  })

  it('goes to nobody because of Router.image, which stands for the other sessions', async () => {
    await ccr.configure(config({ Router: { default: 'texts,model-a', image: 'eyes,seer' } }))
    scripted()
    await ask('texts,model-a')
    expect(sentTo('seer')).toEqual([])
    expect(imagesIn(sent())).toBe(0)
    const last = sentTo('model-a').at(-1)
    expect(last && messagesText(last)).toContain('image left out')
  })

  it('is left out where the model of Lend.vision fails, and the client goes on', async () => {
    await ccr.configure(config({ Lend: { vision: 'eyes,seer' } }))
    await writeFile(join(ccr.work, 'red.png'), Buffer.from(BLUE, 'base64'))
    await ccr.run(['restart'], { preference: 'texts,model-a' })
    scripted(http(500, { error: { message: 'out of order' } }))
    await ask('texts,model-a')
    expect(sentTo('seer').length).toBeGreaterThan(0)
    const last = sentTo('model-a').at(-1)
    expect(last && messagesText(last)).toContain('image left out')
    const { stdout } = await ccr.run(['logs'], { preference: 'texts,model-a' })
    expect(stdout).toContain('eyes,seer could not describe images')
    expect(stdout).toContain('out of order')
  })
})
