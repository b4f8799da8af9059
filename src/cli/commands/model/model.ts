/** `ccr model`. */
import { actionOf, atMost, parseArguments } from '../../arguments.ts'
import { type Command, CONFIG_OPTION, type Options, UsageError } from '../../command.ts'
import { openModels } from './router-config.ts'
import { getModels } from './get.ts'
import { setModel, unsetModel } from './set.ts'
import { requireTerminal } from '../../terminal/interactive.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  force: {
    type: 'boolean',
    summary: 'set: accept an unknown model or scenario; unset: allow default',
  },
  json: { type: 'boolean', summary: 'get: an object for scripts' },
} as const satisfies Options

const WORDS = { get: 'get', set: 'set', unset: 'unset' } as const

export const command: Command = {
  name: 'model',
  summary: 'choose the models of Router: default, think, background and others',
  usage: 'ccr model [get [SCENARIO] | set SCENARIO MODEL | unset SCENARIO] [--config FILE]',
  options: OPTIONS,
  words: Object.values(WORDS),
  completes: { get: ['scenarios'], set: ['scenarios', 'preferences'], unset: ['scenarios'] },
  details: [
    'Without arguments, on a terminal: choose from a list. Only this one value of the config is ' +
      'changed; comments, formatting and ${VAR} are kept. A session with a preference keeps the model ' +
      'of its preference.',
    'MODEL is written like a preference: provider,model, provider/model, a model alone, or a name ' +
      'from Preferences, which is replaced by its current model.',
    'get with a scenario that has no model prints nothing and exits with 1.',
  ],
  examples: [
    'ccr model',
    'ccr model set default openrouter,openai/gpt-5',
    'ccr model set think deepseek/deepseek-reasoner',
    'ccr model set think thorough                   thorough: a name from Preferences',
    'ccr model unset think                          use default again',
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
      throw new UsageError('ccr model set needs a scenario and a model.', `Write: ${line}`)
    }
    return setModel(openModels(ref, io.env), { scenario, model: rest.join(' '), force }, io)
  },
}

function noScenario(): UsageError {
  return new UsageError('ccr model unset needs a scenario.', 'What is set: ccr model get')
}
