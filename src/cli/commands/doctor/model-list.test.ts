import { chmodSync } from 'node:fs'
import { expect, it } from 'vitest'
import { testFolder } from '../../../../test/support/folder.ts'
import { POSIX } from '../../../../test/support/requires.ts'
import { emptyConfig } from '../../../config/defaults.ts'
import { modelListChecks } from './model-list.ts'

const folder = testFolder()

async function checks(count: number, version = '2.1.330') {
  const file = folder.write('claude', `#!/bin/sh\necho '${version} (Claude Code)'\n# ${version}\n`)
  chmodSync(file, 0o755)
  const models = Array.from({ length: count }, (_, n) => `m-${String(n)}`.padEnd(60, 'x'))
  const provider = { name: 'p', url: 'http://127.0.0.1:1/v1', apiKey: '', models, missing: [] }
  const router = { default: `p,${models[0] ?? ''}` }
  const config = { ...emptyConfig(), claudePath: file, providers: [provider], router }
  const ref = { id: 'default', preference: '', home: folder.path }
  return modelListChecks(ref, config, process.env, [])
}

it('doctor names how many models /model has no room for', POSIX, async () => {
  expect(await checks(10)).toEqual([])
  expect(await checks(2_000)).toMatchObject([
    { area: 'claude', level: 'note', text: expect.stringMatching(/^1999 models /) as string },
  ])
})

it('doctor says nothing of a list that this claude is not given', POSIX, async () => {
  expect(await checks(2_000, '2.1.100')).toEqual([])
})
