import { actionOf, atMost, parseArguments } from '../../arguments.ts'
import { type Command, CONFIG_OPTION, type Options, UsageError } from '../../command.ts'
import { openModels } from './router-config.ts'
import { getModels } from './get.ts'
import { setModel, unsetModel } from './set.ts'
import { requireTerminal } from '../../terminal/interactive.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  force: { type: 'boolean', summary: 'set: a model or scenario that is not known; unset: default' },
  json: { type: 'boolean', summary: 'get: an object for scripts' },
} as const satisfies Options

const WORDS = { get: 'get', set: 'set', unset: 'unset' } as const

export const command: Command = {
  name: 'model',
  summary: 'choose the models of Router: default, think, background and the others',
  usage: 'ccr model [get [SCENARIO] | set SCENARIO MODEL | unset SCENARIO] [--config FILE]',
  options: OPTIONS,
  words: Object.values(WORDS),
  completes: { get: ['scenarios'], set: ['scenarios', 'preferences'], unset: ['scenarios'] },
  details: [
    'Without words: a list to choose from, on a terminal. Only the one value is changed in the ' +
      'config; comments, formatting and ${VAR} stay. A session with a preference keeps the model ' +
      'of its preference.',
    'MODEL is written as a preference is: provider,model, provider/model, a model alone, or a name ' +
      'of Preferences, which stands for its model of today.',
    'get of a scenario without a model prints nothing and exits with 1.',
  ],
  examples: [
    'ccr model',
    'ccr model set default openrouter,openai/gpt-5',
    'ccr model set think deepseek/deepseek-reasoner',
    'ccr model set think thorough                   thorough: a name of Preferences',
    'ccr model unset think                          as default again',
    'ccr model get default',
  ],
  async run(argv, io) {
    const { words, values } = await parseArguments('model', argv, OPTIONS)
    const ref = commandSession(io, values)
    const [word, scenario, ...rest] = words
    if (word === undefined) {
      requireTerminal('ccr model', io, 'In a script: ccr model set SCENARIO PROVIDER,MODEL')
      const { pickModels } = await import('./pick.ts')
      return pickModels(openModels(ref, io.env), io)
    }
    const action = actionOf('model', word, WORDS)
    const force = values.force === true
    if (action === 'get') {
      return getModels(openModels(ref, io.env), io, { scenario, json: values.json === true })
    }
    if (action === 'unset') {
      atMost('model unset', words, 2)
      if (scenario === undefined) throw noScenario()
      return unsetModel(openModels(ref, io.env), { scenario, force }, io)
    }
    if (scenario === undefined || rest.length === 0) {
      const line = 'ccr model set SCENARIO PROVIDER,MODEL'
      throw new UsageError('ccr model set: say which scenario and which model.', `Write: ${line}`)
    }
    return setModel(openModels(ref, io.env), { scenario, model: rest.join(' '), force }, io)
  },
}

function noScenario(): UsageError {
  return new UsageError('ccr model unset: say which scenario.', 'What is set: ccr model get')
}
