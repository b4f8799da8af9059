import { describe, expect, it } from 'vitest'
import { type Command, type CommandTable, CONFIG_OPTION, type ValueKind } from '../../command.ts'
import { completeLine, type Position } from './line.ts'

function fake(name: string, parts: Partial<Command> = {}): Command {
  const run = () => Promise.resolve(0)
  return { name, summary: `what ${name} does`, usage: '', examples: [], run, ...parts }
}

const FAKES = [
  fake('start', { options: { ...CONFIG_OPTION, force: { type: 'boolean', summary: 'at once' } } }),
  fake('stop'),
  fake('config', { words: ['check', 'path'] }),
  fake('exec', { passThrough: true }),
  fake('code', {
    passThrough: true,
    options: { pref: { type: 'string', completes: 'preferences', summary: 's' } },
  }),
  fake('use', { completes: { '': ['preferences', 'preferences'] } }),
  fake('explain', { words: ['last'], completes: { '': ['paths'] } }),
  fake('model', {
    words: ['get', 'set'],
    completes: { set: ['scenarios', 'preferences'], load: ['presets'] },
    options: {
      ...CONFIG_OPTION,
      model: { type: 'string', short: 'm', completes: 'runs', summary: 's' },
      sort: { type: 'string', choices: ['up', 'down'], summary: 's' },
      text: { type: 'string', summary: 's' },
      setup: { type: 'string', value: 'COMMAND', summary: 's' },
      json: { type: 'boolean', short: 'j', summary: 's' },
    },
  }),
]
const TABLE: CommandTable = Object.fromEntries(
  FAKES.map((command) => [command.name, () => Promise.resolve({ command })]),
)

/** What may stand there, `(paths)` for paths; and where lists were looked up. */
async function completed(words: readonly string[]) {
  const lookups: [ValueKind, Position][] = []
  const { found, paths } = await completeLine(words, TABLE, (kind, position) => {
    lookups.push([kind, position])
    return Promise.resolve([{ value: `${kind}-1`, summary: '' }])
  })
  const values = found.map(({ value }) => value)
  return { text: [...values, ...(paths ? ['(paths)'] : [])].join(' '), lookups }
}

describe('what may stand at the end of a line', () => {
  it.each([
    ['', 'start stop config exec code use explain model help version'],
    ['st', 'start stop'],
    ['-', '--config --help --version'],
    ['help st', 'start stop'],
    ['help start ', ''],
    ['nope ', ''],
    ['__proto__ ', ''],
    ['--config ', '(paths)'],
    ['--config=', '(paths)'],
    ['--config x sto', 'stop'],
    ['--config=x sto', 'stop'],
    ['config ', 'check path'],
    ['config check ', '--help'],
    ['config --', '--help'],
    ['start ', '--config --force --help'],
    ['start --f', '--force'],
    ['start --config ', '(paths)'],
    ['start --config=', '(paths)'],
    ['start --force=', ''],
    ['start --nope=', ''],
    ['start -- ', '--config --force --help'],
    ['start -- --', ''],
    ['exec ', '(paths)'],
    ['exec --', ''],
    ['code ', '(paths)'],
    ['code --', '--pref'],
    ['code --pref ', 'preferences-1'],
    ['code --pref=p', '--pref=preferences-1'],
    ['code --pref x ', '(paths)'],
    ['code --pref=x ', '(paths)'],
    ['code x --', '(paths)'],
    ['code -- --', '(paths)'],
    ['use ', 'preferences-1'],
    ['use x pref', 'preferences-1'],
    ['use x y ', '--help'],
    ['explain ', 'last paths-1 (paths)'],
    ['model ', 'get set'],
    ['model get ', '--config --model --sort --text --setup --json --help'],
    ['model set ', 'scenarios-1'],
    ['model set think ', 'preferences-1'],
    ['model --json set think ', 'preferences-1'],
    ['model set --model x think ', 'preferences-1'],
    ['model set -m x think ', 'preferences-1'],
    ['model set --model=x think ', 'preferences-1'],
    ['model set -- think ', 'preferences-1'],
    ['model set nothing-like-this', ''],
    ['model load ', 'presets-1 (paths)'],
    ['model -m ', 'runs-1'],
    ['model -j ', 'get set'],
    ['model --model=r', '--model=runs-1'],
    ['model --sort ', 'up down'],
    ['model --sort=d', '--sort=down'],
    ['model --text ', ''],
    ['model --setup ', '(paths)'],
  ])('`ccr %s`: %s', async (line, expected) => {
    expect((await completed(line.split(' '))).text).toBe(expected)
  })

  it('says where a list is looked up: the word, those before it, the values of options', async () => {
    const words = ['--config', 'a b', 'model', '-m', 'x', 'set', '--sort=up', 'think', 'p']
    const [first] = (await completed(words)).lookups
    expect(first).toEqual([
      'preferences',
      {
        word: 'p',
        before: ['set', 'think'],
        values: new Map([
          ['model', 'x'],
          ['sort', 'up'],
          ['config', 'a b'],
        ]),
      },
    ])
  })

  it('takes the config of the command before the one in front of it', async () => {
    const { lookups } = await completed(['--config', 'a', 'model', '--config', 'b', 'set', ''])
    expect(lookups[0]?.[1].values.get('config')).toBe('b')
  })

  it('says what commands and options are', async () => {
    const { found } = await completeLine(['sta'], TABLE, () => Promise.resolve([]))
    expect(found).toEqual([{ value: 'start', summary: 'what start does' }])
    const options = await completeLine(['start', '--fo'], TABLE, () => Promise.resolve([]))
    expect(options.found).toEqual([{ value: '--force', summary: 'at once' }])
  })
})
