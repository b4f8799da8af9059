/** Which authorities are trusted if the config or the environment names some. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tls from 'node:tls'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { CERTIFICATE, LOCAL_CERTIFICATE } from '../../test/support/certificate.ts'
import { tlsOptions, secureContexts } from './tls.ts'

vi.mock('node:tls', { spy: true })
beforeEach(() => {
  vi.mocked(tls.createSecureContext).mockClear()
})

const folder = mkdtempSync(join(tmpdir(), 'ccr-trust-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const [one, other] = [file('one.pem', CERTIFICATE), file('other.pem', LOCAL_CERTIFICATE)]
/** The authorities of the last context that was made. */
const authorities = (): readonly unknown[] => {
  const ca: unknown = vi.mocked(tls.createSecureContext).mock.lastCall?.[0]?.ca
  return Array.isArray(ca) ? ca : []
}

it('those of the config stand beside the ones that Node believes', () => {
  secureContexts({}, () => undefined)([one, other])
  expect(authorities().slice(-2)).toEqual([CERTIFICATE, LOCAL_CERTIFICATE])
  expect(authorities().length).toBeGreaterThan(100)
})

it('those of the environment stand beside them too', () => {
  const env = { SSL_CERT_FILE: one, NODE_EXTRA_CA_CERTS: other }
  secureContexts(env, () => undefined)([])
  expect(authorities()).toContain(CERTIFICATE)
  expect(authorities()).toContain(LOCAL_CERTIFICATE)
  expect(authorities().length).toBeGreaterThan(100)
})

it('another file is another trust, the same one is made once', () => {
  const trust = secureContexts({}, () => undefined)
  const contexts = [trust([one]), trust([other]), trust([one, other])]
  expect(new Set(contexts).size).toBe(3)
  expect(trust([one])).toBe(contexts[0])
  expect(tls.createSecureContext).toHaveBeenCalledTimes(3)
})

it('files that are no certificates are reported, and Node’s default applies', () => {
  vi.mocked(tls.createSecureContext).mockImplementationOnce(() => {
    throw new Error('bad certificate')
  })
  const notes: string[] = []
  expect(secureContexts({}, (text) => notes.push(text))([one])).toBeUndefined()
  expect(notes).toEqual([`SSL_CERT_FILE, ${one} is ignored: bad certificate`])
})

it('a connection is made with them, or with nothing', () => {
  const context = secureContexts({}, () => undefined)([one])
  expect(tlsOptions(context)).toEqual({ secureContext: context })
  expect(tlsOptions(undefined)).toEqual({})
})
