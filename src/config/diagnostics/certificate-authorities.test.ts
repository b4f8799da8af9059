import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CERTIFICATE } from '../../../test/support/certificate.ts'
import { testFolder } from '../../../test/support/folder.ts'
import { loadConfig } from '../load.ts'

const folder = testFolder()
const PROVIDER = { name: 'a', api_base_url: 'https://a.test/v1', api_key: 'k', models: ['m'] }

function load(config: object, env: Readonly<Record<string, string>> = {}) {
  return loadConfig(folder.write('config.json', JSON.stringify(config, null, 2)), env)
}

function failureOf(config: object): string {
  try {
    load(config)
  } catch (error) {
    return (error as Error).message.replaceAll(join(folder.path, '/'), '')
  }
  return 'none'
}

describe('certificate authorities of a config', () => {
  it('are files, for all providers and for one, from the folder of the config', () => {
    const all = folder.write('all.pem', CERTIFICATE)
    const providerFile = folder.write(
      'ca/own.pem',
      `# ours\n-----END CERTIFICATE-----\n${CERTIFICATE}# and again\n${CERTIFICATE}`,
    )
    const config = load(
      { CA_FILE: '$CA', Providers: [{ ...PROVIDER, ca_file: './ca/own.pem' }, PROVIDER] },
      { CA: all },
    )
    expect(config.caFile).toBe(all)
    expect(config.providers[0]?.caFile).toBe(providerFile)
    expect(load({ Providers: [PROVIDER], CA_FILE: '' })).toMatchObject({ caFile: '' })
  })

  it('must be there and be certificates', () => {
    expect(failureOf({ CA_FILE: 'no.pem' })).toBe(
      'config.json:2:14: CA_FILE: there is no file no.pem; expected certificates in PEM form',
    )
    folder.write('key.pem', 'x')
    expect(failureOf({ Providers: [{ ...PROVIDER, ca_file: 'key.pem' }] })).toBe(
      'config.json:10:18: Providers[0].ca_file: key.pem holds no certificate; expected certificates in PEM form (-----BEGIN CERTIFICATE-----)',
    )
    for (const content of ['0 is where DER begins', Buffer.from([0x31, 0x82, 1, 2]), '']) {
      folder.write('none.pem', content)
      expect(failureOf({ CA_FILE: 'none.pem' })).toContain('none.pem holds no certificate')
    }
    folder.write('open.pem', CERTIFICATE.replace(/-----END CERTIFICATE-----\s*/, ''))
    expect(failureOf({ CA_FILE: 'open.pem' })).toContain('open.pem holds no certificate')
    folder.write('der.cer', Buffer.from([0x30, 0x82, 1, 2]))
    expect(failureOf({ CA_FILE: 'der.cer' })).toBe(
      'config.json:2:14: CA_FILE: der.cer holds a certificate in DER form; expected PEM: openssl x509 -inform der -in der.cer -out der.cer.pem',
    )
    folder.write('cut.pem', CERTIFICATE.replace(/.{40}\n/, '\n'))
    expect(failureOf({ CA_FILE: 'cut.pem' })).toMatch(
      /^config.json:2:14: CA_FILE: certificate 1 in cut.pem cannot be read/,
    )
    folder.write('folder.pem/x', 'x')
    expect(failureOf({ CA_FILE: 'folder.pem' })).toMatch(
      /CA_FILE: folder.pem cannot be read \(EISDIR\)/,
    )
  })
})
