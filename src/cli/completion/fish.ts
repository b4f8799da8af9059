import type { Completed, CompletedOption } from './table.ts'
import { WORDS } from './table.ts'

/** What ccr says of models and the like is data: fish takes each line of a substitution as a text. */
export function fishScript(commands: readonly Completed[]): string {
  const described = [...commands.map(({ name, summary }) => [name, summary] as const), ...WORDS]
  return `# Completion of ccr for fish: ccr completion fish | source
function __ccr_values
  command ccr __complete $argv[1] (commandline -ct) 2>/dev/null </dev/null
end
${described
  .map(([name, summary]) => {
    return `complete -c ccr -n __fish_use_subcommand -f -a ${name} -d ${fishText(summary)}\n`
  })
  .join('')}complete -c ccr -n __fish_use_subcommand -l config -r -d 'use this config file'
complete -c ccr -n '__fish_seen_subcommand_from help' -f -a '${commands.map(({ name }) => name).join(' ')}'
${commands.map(lines).join('')}`
}

function lines({ name, words, options, completes }: Completed): string {
  const seen = `__fish_seen_subcommand_from ${name}`
  const on = (condition: string): string => `complete -c ccr -n '${condition}'`
  const first = words.length === 0 ? '' : `${on(seen)} -f -a '${words.join(' ')}'\n`
  const later = Object.entries(completes).flatMap(([word, kinds]) => {
    const condition = word === '' ? seen : `${seen}; and __fish_seen_subcommand_from ${word}`
    return kinds.map((kind) => `${on(condition)} -f -a '(__ccr_values ${kind})'\n`)
  })
  const flags = options.map((option) => `${on(seen)} ${flag(option)}\n`)
  return [first, ...later, ...flags].join('')
}

function flag({ name, short, summary, value, completes }: CompletedOption): string {
  const takes = value === undefined ? '' : value === 'FILE' ? ' -r' : ' -x'
  const values = completes === undefined ? '' : ` -a '(__ccr_values ${completes})'`
  const letter = short === undefined ? '' : `-s ${short} `
  return `${letter}-l ${name}${takes}${values} -d ${fishText(summary)}`
}

function fishText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
