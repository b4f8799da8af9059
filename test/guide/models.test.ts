/** The guide, sentence by sentence: how a preference is written and what it decides. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { messagesClient, type Answered } from '../support/client.ts'
import { answerOf, GPT4, startHarness, TURBO, type Harness } from './harness.ts'

let harness: Harness

beforeEach(async () => {
  harness = await startHarness()
})
afterEach(() => harness.remove())

/** An answer of the session of a preference, to a request for a model ('' is the session's own). */
async function answer(preference: string | undefined, model = ''): Promise<Answered> {
  const session = await harness.ccr.start(preference)
  return messagesClient(session, model === '' ? `ccr-${session.sessionId}` : model).post()
}

const facts = ({ status, headers }: Answered): object => ({
  status,
  model: headers.get('x-ccr-model'),
  route: headers.get('x-ccr-route'),
})

const UNKNOWN = ['nosuch,gpt-4', 'openrouter,gpt-9', 'openrouter/gpt-9', 'gpt-9-turbo']

describe('Configuration Precedence', () => {
  it('"Environment Override: The specified model takes precedence over config-based routing"', async () => {
    const override = { status: 200, model: 'openrouter,gpt-4', route: 'preference' }
    expect(facts(await answer(GPT4))).toEqual(override)
    expect(facts(await answer(GPT4, 'claude-3-5-haiku-20241022'))).toEqual(override)
    const byConfig = { status: 200, model: 'openrouter,llama-3', route: 'default' }
    expect(facts(await answer(undefined))).toEqual(byConfig)
  })

  it('"Provider Validation: The system validates that the provider and model exist in your config"', async () => {
    const stderrOf = async (preference: string): Promise<string> =>
      (await harness.ccr.run(['start'], { preference })).stderr
    expect(await stderrOf('nosuch,gpt-4')).toContain('no provider "nosuch"')
    expect(await stderrOf('openrouter,gpt-9')).toContain('no model "gpt-9"')
    expect(await stderrOf('gpt-9-turbo')).toContain('no provider lists the model "gpt-9-turbo"')
    expect(await stderrOf(GPT4)).toMatch(/^ccr: openrouter,gpt-4 takes 8,191 tokens.*\n$/)
  })

  it.each(UNKNOWN)(
    '"Fallback: If the specified model isn\'t found, it falls back to normal routing rules" (%s)',
    async (preference) => {
      const { code, stdout, stderr } = await harness.ccr.run(['code', 'Hello'], { preference })
      expect({ code, stdout }).toEqual({ code: 0, stdout: `200 ${answerOf('llama-3', 'Hello')}\n` })
      expect(stderr).toContain('Requests go to openrouter,llama-3')
      expect(facts(await answer(preference))).toEqual({
        status: 200,
        model: 'openrouter,llama-3',
        route: 'default (preference not found)',
      })
    },
  )
})

describe('Model Preference Formats', () => {
  it.each([
    ['"Comma-separated"', 'openrouter,gpt-4', 'openrouter,gpt-4'],
    ['"Slash-separated"', 'openrouter/gpt-4', 'openrouter,gpt-4'],
    ['"Just model name (searches all providers)"', 'gpt-35', 'azure,gpt-35'],
    ['"Just model name", in several providers: the first one', TURBO, 'openrouter,gpt-4-turbo'],
  ])('%s', async (_, preference, model) => {
    expect(facts(await answer(preference))).toMatchObject({ status: 200, model })
  })

  it('"The `CCR_MODEL_PREFERENCE` variable supports multiple formats": ids of models may hold separators themselves', async () => {
    const Providers = [
      {
        name: 'openrouter',
        api_base_url: harness.upstream.chatUrl,
        models: ['openai/gpt-4', 'meta/llama-3:free', 'odd,name'],
      },
    ]
    await harness.configure({ Providers })
    for (const [preference, model] of [
      ['openrouter,openai/gpt-4', 'openrouter,openai/gpt-4'],
      ['openrouter/openai/gpt-4', 'openrouter,openai/gpt-4'],
      ['openrouter/gpt-4', 'openrouter,openai/gpt-4'],
      ['OpenRouter/meta/llama-3:free', 'openrouter,meta/llama-3:free'],
      ['odd,name', 'openrouter,odd,name'],
    ] as const) {
      expect(facts(await answer(preference))).toMatchObject({ status: 200, model })
    }
  })
})

describe('Troubleshooting: Model Not Found', () => {
  it('"Check your config.json has the provider and model configured": the warning names the provider and where requests go', async () => {
    const { stderr } = await harness.ccr.run(['start'], { preference: 'openrouter,gpt-9' })
    expect(stderr).toMatch(/openrouter has no model "gpt-9" in the config/)
    expect(stderr).toContain('openrouter,llama-3')
  })

  it('"Verify the spelling and format of the model preference": start, code and status say what may have been meant', async () => {
    const preference = 'openrouter,gpt4'
    const meant = "Did you mean 'openrouter,gpt-4'"
    expect((await harness.ccr.run(['status'], { preference })).stdout).toContain(meant)
    expect((await harness.ccr.run(['start'], { preference })).stderr).toContain(meant)
    expect((await harness.ccr.run(['code', 'Hello'], { preference })).stderr).toContain(meant)
    expect((await harness.ccr.run(['status'], { preference })).stdout).toContain(meant)
  })

  it('"Check logs in `~/.claude-code-router/sessions/<session-id>/router.log`"', async () => {
    const { sessionId } = await harness.ccr.start('openrouter,gpt-9')
    const log = `~/.claude-code-router/sessions/${sessionId}/router.log`
    expect((await harness.bash(`cat ${log}`)).stdout).toContain('no model \\"gpt-9\\"')
  })
})
