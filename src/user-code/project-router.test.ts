import { mkdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { recordingLog } from '../../test/support/log.ts'
import { createProjectRouter, projectFolders } from './project-router.ts'

const folder = testFolder()
const router = (home: string, log = recordingLog()) =>
  createProjectRouter({
    home: join(folder.path, home),
    clientHome: join(folder.path, 'claude'),
    log,
  })

describe("a project's Router", () => {
  it('is found by the conversation that the client keeps in the project', async () => {
    folder.write('one/-home-me-app/config.json', '{ /* mine */ "Router": { "default": "p,m" } }')
    folder.write('one/-home-me-other/config.json', '{ "Router": { "default": "q,m" } }')
    folder.write('claude/projects/-home-me-app/s-1.jsonl', '')
    expect(await router('one').find('s-1')).toEqual({ default: 'p,m' })
    expect(await router('one').find('s-unknown')).toBeUndefined()
  })

  it('is read as Windows writes it', async () => {
    const text = '\uFEFF{ "Router": { "default": "p,m" } }'
    folder.write('utf16/-w/config.json', Buffer.from(text, 'utf16le'))
    folder.write('claude/projects/-w/s-16.jsonl', '')
    expect(await router('utf16').find('s-16')).toEqual({ default: 'p,m' })
  })

  it('gives way to that of the conversation itself', async () => {
    folder.write('two/-p/config.json', '{ "Router": { "default": "p,m" } }')
    folder.write('two/-p/s-2.json', '{ "Router": { "default": "p,mine" } }')
    folder.write('two/-p/s-3.json', '{ "note": "no Router" }')
    for (const id of ['s-2', 's-3']) folder.write(`claude/projects/-p/${id}.jsonl`, '')
    expect(await router('two').find('s-2')).toEqual({ default: 'p,mine' })
    expect(await router('two').find('s-3')).toEqual({ default: 'p,m' })
  })

  it('is found later, when the client writes its file after the first request', async () => {
    folder.write('three/-q/config.json', '{ "Router": { "default": "p,m" } }')
    const found = router('three')
    expect(await found.find('s-4')).toBeUndefined()
    folder.write('claude/projects/-q/s-4.jsonl', '')
    expect(await found.find('s-4')).toEqual({ default: 'p,m' })
    folder.write('three/-q/config.json', '{ "Router": { "default": "p,changed" } }')
    expect(await found.find('s-4')).toEqual({ default: 'p,changed' })
  })

  it('that cannot be read is logged once, and left out', async () => {
    folder.write('four/-r/config.json', '{ "Router": ')
    folder.write('claude/projects/-r/s-5.jsonl', '')
    const log = recordingLog()
    const found = router('four', log)
    expect(await found.find('s-5')).toBeUndefined()
    expect(await found.find('s-5')).toBeUndefined()
    expect(log.lines).toHaveLength(1)
    expect(log.lines[0]).toMatch(/-r\/config\.json is left out: JSON5/)
  })

  it('is never looked for outside: an id is no path', async () => {
    folder.write('evil.json', '{ "Router": { "default": "x,y" } }')
    folder.write('five/-s/config.json', '{}')
    expect(await router('five').find('../../evil')).toBeUndefined()
    expect(await router('no-such-home').find('s-1')).toBeUndefined()
  })
})

/** A home that was last changed long ago. */
function settledHome(name: string): string {
  folder.write(`homes/${name}/-p/config.json`, '{}')
  folder.write(`homes/${name}/sessions/x/session.json`, '{}')
  const home = join(folder.path, `homes/${name}`)
  utimesSync(home, 1_000, 1_000)
  return home
}

describe('the folders of projects', () => {
  it("are those in ccr's home that do not belong to ccr", () => {
    expect(projectFolders(settledHome('one'))()).toEqual(['-p'])
    expect(projectFolders(join(folder.path, 'no-such-home'))()).toEqual([])
  })

  it('are read again when the home has changed', () => {
    const home = settledHome('two')
    const folders = projectFolders(home)
    expect(folders()).toEqual(['-p'])
    mkdirSync(join(home, '-q'))
    expect([...folders()].sort()).toEqual(['-p', '-q'])
  })

  it('are read again as long as a change may hide in the grain of the clock', () => {
    const home = settledHome('three')
    const now = new Date()
    utimesSync(home, now, now)
    const folders = projectFolders(home)
    expect(folders()).toEqual(['-p'])
    mkdirSync(join(home, '-q'))
    utimesSync(home, now, now)
    expect([...folders()].sort()).toEqual(['-p', '-q'])
  })
})
