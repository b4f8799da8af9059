/**
 * Every variable that ccr ever sets for claude, and what becomes of it where it leaks to: the next
 * session, a shell, the environment of a daemon, a `ccr code` that claude itself runs.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { changedVariables, daemonEnvironment } from '../../../session/environment.ts'
import { sessionRef } from '../../../session/identity.ts'
import { childEnvironment, type LaunchOptions, NON_INTERACTIVE } from '../../claude/launch-env.ts'
import { type Variable, variablesFor, variablesToRemove } from './variables.ts'

type Env = Readonly<Record<string, string>>

const home = mkdtempSync(join(tmpdir(), 'ccr-leaks-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** A session that sets all that can be set. */
const FIRST: LaunchOptions = {
  baseUrl: 'http://127.0.0.1:3457',
  token: 'ccr-tok-first',
  alias: 'ccr-first',
  target: { provider: 'p', model: 'm' },
  unmatched: 'nope',
  namedModel: 'p,other',
  firstParty: false,
  apiTimeoutMs: 1_000,
  contextWindow: 8_192,
  maxOutput: 1_024,
  discovery: true,
}
/** Sessions that set other things, or less. */
const NEXT: Readonly<Record<string, LaunchOptions>> = {
  'of a foreign model': {
    ...FIRST,
    ...{ baseUrl: 'http://127.0.0.1:3458', token: 'ccr-tok-next', alias: 'ccr-next' },
    ...{ unmatched: undefined, namedModel: undefined, apiTimeoutMs: 600_000 },
    ...{ contextWindow: undefined, maxOutput: undefined },
  },
  'of Anthropic itself': {
    ...FIRST,
    ...{ token: 'ccr-tok-next', target: { provider: 'a', model: 'claude-x' }, firstParty: true },
    ...{ unmatched: undefined, namedModel: undefined },
  },
}

const NAMES = Object.keys(childEnvironment({}, FIRST, NON_INTERACTIVE))
/** What the user has himself gives way; it is not put back, for nobody keeps it. */
const REPLACED = new Set([
  'CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST',
  'ANTHROPIC_BASE_URL',
  'ANTHROPIC_AUTH_TOKEN',
  'CLAUDE_CODE_GATEWAY_HINT_HEADERS',
  'ANTHROPIC_MODEL',
  'ANTHROPIC_DEFAULT_MODEL',
  'ANTHROPIC_CUSTOM_MODEL_OPTION',
  'ANTHROPIC_CUSTOM_MODEL_OPTION_NAME',
  'CLAUDE_CODE_ATTRIBUTION_HEADER',
  'CLAUDE_CODE_AUTO_MODE_SERVER',
  'CCR_SET_VARIABLES',
  ...Object.keys(NON_INTERACTIVE),
])
/** It names this machine beside what the user has, which does no harm anywhere. */
const isProxy = (name: string): boolean => /^no_proxy$/i.test(name)

const without = (env: Env, left: (name: string) => boolean): Env =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !left(name)))

function applied(env: Env, changes: readonly Variable[]): Env {
  const next: Record<string, string> = { ...env }
  for (const [name, value] of changes) {
    if (value === null) Reflect.deleteProperty(next, name)
    else next[name] = value
  }
  return next
}

/** The same for people: the mark says of each variable what it was set to. */
const unmarked = (env: Env): Env => without(env, (name) => name === 'CCR_SET_VARIABLES')

it('the table has every variable that is set', () => {
  expect(NAMES).toEqual(
    expect.arrayContaining([
      ...REPLACED,
      ...['API_TIMEOUT_MS', 'ANTHROPIC_CUSTOM_HEADERS', 'NO_PROXY', 'no_proxy'],
      ...['CLAUDE_CODE_MAX_CONTEXT_TOKENS', 'CLAUDE_CODE_MAX_OUTPUT_TOKENS'],
      'CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY',
    ]),
  )
})

describe.each(NAMES)('%s', (name) => {
  const users: readonly (readonly [string, Env])[] = [
    ['the user does not have', { HOME: '/h' }],
    ...(name === 'CCR_SET_VARIABLES'
      ? []
      : [['the user has, too', { HOME: '/h', [name]: 'X-Of-The: user' }] as const]),
  ]
  describe.each(users)('that %s', (_, user) => {
    const leaked = childEnvironment(user, FIRST, NON_INTERACTIVE)
    /** What is left of the user's own: what gave way is gone. */
    const rest = without(user, (one) => REPLACED.has(one))
    /** In a shell nothing of NON_INTERACTIVE_MODE is set. */
    const ofShell = without(user, (one) => REPLACED.has(one) && !(one in NON_INTERACTIVE))

    it.each(Object.entries(NEXT))('does not reach the next session, %s', (_next, facts) => {
      expect(unmarked(childEnvironment(leaked, facts))).toEqual(
        unmarked(childEnvironment(rest, facts)),
      )
    })

    it.each(Object.entries(NEXT))(
      'does not stay in a shell that goes on to one %s',
      (_next, facts) => {
        const shell = applied(user, variablesFor(user, FIRST))
        expect(unmarked(applied(shell, variablesFor(shell, facts)))).toEqual(
          unmarked(applied(ofShell, variablesFor(ofShell, facts))),
        )
      },
    )

    it('is taken away from a shell, which has its own as before', () => {
      const shell = applied(user, variablesFor(user, FIRST))
      const after = applied(shell, variablesToRemove(shell))
      expect(without(after, isProxy)).toEqual(without(ofShell, isProxy))
      if (!isProxy(name)) expect(after).toEqual(ofShell)
    })

    it('does not reach a daemon that is started from there', () => {
      const ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
      const daemon = daemonEnvironment(ref, leaked)
      expect(without(daemon, isProxy)).toEqual({
        ...without(rest, isProxy),
        ...{ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' },
      })
      // Nor does it pass for a key that the user has changed.
      expect(changedVariables(ref, [name], leaked)).toEqual(
        name in rest || isProxy(name) ? [name] : [],
      )
    })

    if (name !== 'CCR_SET_VARIABLES') {
      it('is the user’s again as soon as he sets it himself', () => {
        const ref = sessionRef({ CCR_HOME: home })
        const changed = { ...leaked, [name]: 'set by the user' }
        expect(daemonEnvironment(ref, changed)[name]).toBe('set by the user')
      })
    }
  })
})

it('a mark that is no mark takes nothing away', () => {
  const env = { API_TIMEOUT_MS: '5', CCR_SET_VARIABLES: 'API_TIMEOUT_MS,=,+=,x=y=z,__proto__=0' }
  expect(childEnvironment(env, FIRST)['API_TIMEOUT_MS']).toBe('5')
})
