/** `ccr compare`: parses the command line and dispatches to the kinds of comparison. */
import { actionOf, atMost, parseArguments } from '../../arguments.ts'
import { type Command, type Io, UsageError } from '../../command.ts'
import { type CompareValues, oneModel, OPTIONS } from './options.ts'

/** How many arguments each subcommand about runs takes. */
const WORDS: Readonly<Record<string, number>> = { list: 0, show: 1, diff: 2, apply: 1, clean: 1 }

export const command: Command = {
  name: 'compare',
  summary: 'give several models the same prompt or task and compare the results',
  usage:
    'ccr compare -m MODEL -m MODEL [options] [PROMPT…]\n' +
    '       ccr compare --agent -m MODEL -m MODEL [options] [TASK…] [-- claude arguments…]\n' +
    '       ccr compare list | show [RUN] | diff A [B] | apply B | clean [RUN|--all]',
  options: OPTIONS,
  words: Object.keys(WORDS),
  completes: { show: ['runs'], clean: ['runs'], diff: ['letters', 'letters'], apply: ['letters'] },
  details: [
    'Each model answers through its own session, which is started if needed and keeps running, as ' +
      'with ccr code; ccr stop --all ends them. The prompt comes from the command line, from --file, ' +
      'or from standard input. On a terminal, the answers stream in columns; in a pipe, each is ' +
      'printed whole, in the order given.',
    '-m "MODEL*N" runs a model N times (at most 20), all in its one session; quote the *, which shells ' +
      'may replace by names of files. The samples are called MODEL #1, MODEL #2… A second table shows ' +
      'minimum, median and maximum of each model, and the judge ranks all samples and the models by ' +
      'mean rank. --jobs N has at most N models or agents at work at a time; without it all answer at once, and agents work ten at a time.',
    '--agent: in a git repository, each model runs Claude Code without a terminal in its own ' +
      'worktree, on its own branch. It may edit files; options of claude after --, such as ' +
      '--allowedTools "Bash(npm test:*)", allow more. --setup prepares a fresh worktree and --verify ' +
      'checks the result; both are commands that your shell runs in each worktree, and verifications ' +
      'run one at a time. Your working tree, index and branch are not touched before apply.',
    'From the repository, Claude Code reads only CLAUDE.md. Its hooks, MCP servers, variables, ' +
      'permissions and helpers (.claude/settings.json, .mcp.json) are ignored unless you give --trust; ' +
      'your own settings apply. Provider keys are hidden from the client and from --setup and --verify ' +
      '(CCR_KEEP_KEYS=NAME,NAME keeps some visible).',
    'apply first lists the files that can run without being started by you, such as .vscode, .envrc, ' +
      'hooks and scripts of package.json, and asks on a terminal (unless --yes is given).',
    'list, show, diff, apply and clean act on the last run of this repository or on the run that you ' +
      'name. Models are called A, B… in the order given, or by name ("gpt-5 #2"). apply changes only your working ' +
      'tree, and refuses to overwrite uncommitted changes. clean removes the worktrees and branches of ' +
      'a run, with the work in them.',
    'Exit code: 0 if every model answered (and passed --verify); 1 if one failed, refused, timed out ' +
      'or did not pass --verify; 3 if only the judge failed; 130 after Ctrl-C, with the results so far.',
  ],
  examples: [
    'ccr compare -m demo,demo-a -m demo,demo-b "hi"                 two built-in models, no key',
    'ccr compare -m openrouter/gpt-4 -m fast "What is a monad?"     fast: a name from Preferences',
    'git diff | ccr compare -m gpt-5 -m qwen3 --file - "Review it"  words, then standard input',
    'ccr compare -m gpt-5 -m qwen3 --judge opus --json "…"          ranked blind, for scripts',
    'ccr compare --agent -m gpt-5 -m qwen3 --verify "npm test" "Fix the failing test"',
    'ccr compare --agent -m "gpt-5*3" --verify "npm test" "Fix it"  best of three of one model',
    'ccr compare --agent -m gpt-5 -m qwen3 "Fix it" -- --allowedTools "Bash(npm test:*)"',
    'ccr compare show --html run.html; ccr compare diff A B; ccr compare apply B; ccr compare clean',
  ],
  run: compare,
}

async function compare(argv: readonly string[], io: Io): Promise<number> {
  const end = argv.indexOf('--')
  const [before, after] = end === -1 ? [argv, []] : [argv.slice(0, end), argv.slice(end + 1)]
  const { words, values } = await parseArguments('compare', before, OPTIONS)
  const compareIo: Io = values.config === undefined ? io : { ...io, configFile: values.config }
  if (values.model === undefined) return aboutRuns([...words, ...after], values, compareIo)
  if (values.model.length < 2 && !values.model[0]?.includes('*')) throw oneModel(values.model)
  refuseOptions(values)
  const { readPrompt } = await import('./prompt.ts')
  if (values.agent) {
    const task = await readPrompt({ words, file: values.file })
    const { compareAgents } = await import('./agent/run.ts')
    return compareAgents(task, after, values, compareIo)
  }
  const prompt = await readPrompt({ words: [...words, ...after], file: values.file })
  const { comparePlain } = await import('./plain.ts')
  return comparePlain(prompt, values, compareIo)
}

async function aboutRuns(
  [word, ...rest]: readonly string[],
  values: CompareValues,
  io: Io,
): Promise<number> {
  if (word === undefined || values.agent) throw noModels()
  if (!Object.hasOwn(WORDS, word) && rest.length + word.split(/\s/).length > 2) throw noModels()
  const most = actionOf('compare', word, WORDS)
  atMost('compare', rest, most)
  const { RUNS } = await import('./runs/actions.ts')
  return actionOf('compare', word, RUNS)(rest, values, io)
}

const AGENT_ONLY = ['verify', 'verify-timeout', 'setup', 'with-changes', 'trust'] as const
const PLAIN_ONLY = ['system', 'max-tokens'] as const

/** Refuses options that would have no effect. */
function refuseOptions(values: CompareValues): void {
  const other = values.agent ? PLAIN_ONLY : AGENT_ONLY
  const given = other.find((name) => values[name] !== undefined)
  if (given === undefined) return
  throw values.agent
    ? new UsageError(
        `ccr compare: --${given} cannot be used with --agent.`,
        'Options of claude come after --, for example: -- --append-system-prompt "Be short."',
      )
    : new UsageError(`ccr compare: --${given} needs --agent.`, 'Write: ccr compare --agent …')
}

function noModels(): UsageError {
  return new UsageError(
    'ccr compare: no models are given.',
    'Write: ccr compare -m MODEL -m MODEL "PROMPT". Configured models: ccr models',
  )
}
