import { beforeEach, expect, it, vi } from 'vitest'
import { onPlatform } from '../../../test/support/platform.ts'
import type { ReportedModel } from '../../config/config.ts'
import { cureFor } from './cure.ts'

const OLLAMA: ReportedModel = { server: 'ollama', contextWindow: 4_096, basis: 'running' }
const OF_THE_MODEL: ReportedModel = { ...OLLAMA, basis: 'set', isParameter: true }

beforeEach(() => {
  vi.stubEnv('SHELL', '')
})

it('more room for a model is a command for a POSIX shell', () => {
  onPlatform('linux')
  expect(cureFor('m', OLLAMA, 65_536)).toContain(': OLLAMA_CONTEXT_LENGTH=65536 ollama serve (')
  expect(cureFor("it's", OF_THE_MODEL, 65_536)).toContain(
    String.raw`: printf 'FROM it'\''s\nPARAMETER num_ctx 65536\n' > ccr.Modelfile && ollama create 'it'\''s' -f ccr.Modelfile`,
  )
})

it('more room for a model is a command for PowerShell on Windows', () => {
  onPlatform('win32')
  expect(cureFor('m', OLLAMA, 65_536)).toContain(
    ": $env:OLLAMA_CONTEXT_LENGTH = '65536'; ollama serve (",
  )
  expect(cureFor("it's", OF_THE_MODEL, 65_536)).toContain(
    ": 'FROM it''s','PARAMETER num_ctx 65536' | Set-Content -Encoding ascii ccr.Modelfile; ollama create 'it''s' -f ccr.Modelfile",
  )
})
