import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyHome, type Home } from '../../../../test/support/command.ts'
import { statusLine } from './line.ts'

let home: Home
let project: string
beforeEach(async () => {
  home = await emptyHome()
  mkdirSync(home.ccrHome, { mode: 0o700 })
  project = join(home.path, 'project')
  mkdirSync(join(project, '.git'), { recursive: true })
  writeFileSync(join(project, '.git', 'HEAD'), 'ref: refs/heads/feature/x\n')
})
afterEach(() => home.remove())

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g')

/** The line without colours, for an input and an environment. */
async function line(status: object | string, env = {}, style?: string): Promise<string> {
  const input = typeof status === 'string' ? status : JSON.stringify(status)
  return (await statusLine(input, style, { ...home.env, ...env })).replace(ESCAPES, '')
}

function configure(statusLineConfig: unknown): void {
  writeFileSync(home.configFile, JSON.stringify({ StatusLine: statusLineConfig }))
}

/** A style of the old router with these modules. */
function modules(...list: object[]): void {
  configure({ enabled: true, currentStyle: 'default', default: { modules: list } })
}

function transcript(...lines: unknown[]): string {
  const file = join(home.path, 'transcript.jsonl')
  writeFileSync(file, lines.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  return file
}

const answer = (model: string, input: number, more = {}) => ({
  type: 'assistant',
  message: {
    model,
    usage: { input_tokens: input, cache_read_input_tokens: 1000, output_tokens: 42 },
  },
  ...more,
})

describe('the status line', () => {
  it('shows folder, branch, model and context where the config says nothing', async () => {
    const status = {
      workspace: { current_dir: join(project) },
      model: { id: 'x', display_name: 'Some Model' },
      context_window: { context_window_size: 200_000, used_percentage: 12.4 },
    }
    expect(await line(status)).toBe('📁 project 🌿 feature/x 🤖 Some Model 📊 12% of 200k')
    expect(await line(status, { USE_SIMPLE_ICONS: 'true' })).toBe(
      'project feature/x Some Model 12% of 200k',
    )
  })

  it('names who answered last, sub-agents and made-up answers aside', async () => {
    modules({ type: 'model' }, { type: 'usage' })
    const file = transcript(
      { type: 'user' },
      answer('openrouter,openai/gpt-5', 500),
      answer('deepseek,deepseek-chat', 11_300),
      answer('small,model', 1, { isSidechain: true }),
      answer('<synthetic>', 0),
      { type: 'user', message: 'about "assistant"' },
    )
    expect(await line({ transcript_path: file, model: { display_name: 'x' } })).toBe(
      'deepseek,deepseek-chat 12.3k → 42',
    )
  })

  it('names the model of the session before the first answer', async () => {
    modules({ type: 'model' })
    const env = {
      ANTHROPIC_MODEL: 'ccr-a3f2d8e1',
      ANTHROPIC_CUSTOM_MODEL_OPTION_NAME: 'openrouter,openai/gpt-5',
    }
    const status = (id: string) => ({ model: { id, display_name: id } })
    expect(await line(status('ccr-a3f2d8e1'), env)).toBe('openrouter,openai/gpt-5')
    expect(await line(status('claude-x'), env)).toBe('claude-x')
  })

  it('keeps a preference that is no configured model in sight, also behind the first answer', async () => {
    modules({ type: 'model' })
    const env = {
      ANTHROPIC_MODEL: 'ccr-a3f2d8e1',
      ANTHROPIC_CUSTOM_MODEL_OPTION_NAME: 'nope -> openrouter,openai/gpt-5',
    }
    const file = transcript({ type: 'user' }, answer('openrouter,openai/gpt-4', 500))
    const status = (id: string, more = {}) => ({ model: { id, display_name: id }, ...more })
    expect(await line(status('ccr-a3f2d8e1'), env)).toBe('nope -> openrouter,openai/gpt-5')
    const answered = { transcript_path: file }
    expect(await line(status('ccr-a3f2d8e1', answered), env)).toBe(
      'nope -> openrouter,openai/gpt-4',
    )
    // The user has chosen another one in the client.
    expect(await line(status('other', answered), env)).toBe('openrouter,openai/gpt-4')
  })

  it('fills every variable of the old router, and leaves out modules without any', async () => {
    modules(
      { type: 'cost' },
      { type: 'duration', icon: 't' },
      { type: 'lines' },
      { type: 'speed' },
      { type: 'text', text: 'v{{version}} {{netLines}} {{unknown}}' },
      { type: 'text', text: '{{ sessionId }}' },
      { type: 'text', text: 'always' },
    )
    const status = {
      version: '2.1.330',
      cost: {
        total_cost_usd: 0.256,
        total_duration_ms: 65_000,
        total_lines_added: 10,
        total_lines_removed: 3,
      },
    }
    expect(await line(status)).toBe('$0.26 t 1m 5s +10 -3 v2.1.330 7 always')
    expect(await line(status, { ANTHROPIC_MODEL: 'ccr-default' })).not.toContain('$')
  })

  it('paints names and hex colours, and powerline with arrows', async () => {
    const text = (color: string, background = '') => ({ type: 't', text: 'x', color, background })
    modules(text('bright_blue'), text('#0102ff', 'bg_red'), text(''))
    expect(await statusLine('{}', undefined, home.env)).toBe(
      '\u001b[94mx\u001b[0m \u001b[38;2;1;2;255;41mx\u001b[0m x',
    )
    expect(await statusLine('{}', undefined, { ...home.env, NO_COLOR: '1' })).toBe('x  x  x')
    configure({ currentStyle: 'powerline', powerline: { modules: [text('white', 'bg_blue')] } })
    expect(await statusLine('{}', undefined, home.env)).toBe(
      '\u001b[37;44m x \u001b[0m\u001b[34m\ue0b0\u001b[0m',
    )
  })

  it('takes a style by name, and that of a preset', async () => {
    configure({ default: { modules: [{ text: 'a' }] }, mine: { modules: [{ text: 'b' }] } })
    const preset = join(home.ccrHome, 'presets', 'work')
    mkdirSync(preset, { recursive: true })
    const manifest = { StatusLine: { default: { modules: [{ text: 'c' }] } } }
    writeFileSync(join(preset, 'manifest.json'), JSON.stringify(manifest))
    expect(await line('{}')).toBe('a')
    expect(await line('{}', {}, 'mine')).toBe('b')
    expect(await line('{}', {}, 'work')).toBe('c')
    expect(await line('{}', {}, '../../etc')).toBe('')
  })

  it('reads a config with comments', async () => {
    writeFileSync(
      home.configFile,
      `{ // mine\n StatusLine: { default: { modules: [{ text: 'a' }] } } }`,
    )
    expect(await line('{}')).toBe('a')
  })

  it("runs the user's scripts, and leaves out one that fails", async () => {
    writeFileSync(
      join(home.ccrHome, 'one.cjs'),
      'module.exports = (vars, options) => `${vars.workDirName} ${options.mark}`',
    )
    writeFileSync(join(home.ccrHome, 'two.mjs'), 'export default async () => "two"')
    writeFileSync(join(home.ccrHome, 'three.cjs'), 'throw new Error("no")')
    modules(
      { type: 'script', scriptPath: 'one.cjs', options: { mark: '!' } },
      { type: 'script', scriptPath: join(home.ccrHome, 'two.mjs') },
      { type: 'script', scriptPath: './three.cjs' },
      { type: 'script', scriptPath: './missing.cjs' },
    )
    expect(await line({ cwd: project })).toBe('project ! two')
  })

  it('shows no control characters of a name', async () => {
    modules({ type: 'model' })
    expect(await line({ model: { display_name: 'a\u001b]0;b\u0007\nc' } })).toBe('a]0;bc')
  })

  it('knows the branch of a worktree and a detached commit', async () => {
    modules({ type: 'gitBranch' })
    const tree = join(home.path, 'tree')
    const real = join(home.path, 'real')
    mkdirSync(join(tree, 'sub'), { recursive: true })
    mkdirSync(real)
    writeFileSync(join(tree, '.git'), `gitdir: ${real}\n`)
    writeFileSync(join(real, 'HEAD'), 'ref: refs/heads/wt\n')
    expect(await line({ cwd: join(tree, 'sub') })).toBe('wt')
    writeFileSync(join(real, 'HEAD'), '0123456789abcdef\n')
    expect(await line({ cwd: tree })).toBe('0123456')
    expect(await line({ cwd: home.path })).toBe('')
  })

  it.each(['', 'no json', '[]', 'null', '{"workspace": 5, "model": "x", "cost": null}'])(
    'is empty or short for %j, never an error',
    async (input) => {
      expect(await line(input)).not.toContain('\n')
    },
  )

  it('never fails, whatever config and input say', async () => {
    const some = fc.record(
      {
        type: fc.constantFrom('model', 'usage', 'script', 'context', 't'),
        text: fc.anything(),
        color: fc.anything(),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(some, fc.jsonValue())),
        fc.jsonValue(),
        async (list, status) => {
          configure({ default: { modules: list } })
          expect(await line(JSON.stringify(status))).not.toContain('\n')
        },
      ),
      { numRuns: 50 },
    )
  })
})
