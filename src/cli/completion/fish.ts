import type { Completed, CompletedOption } from './table.ts'
import { WORDS } from './table.ts'

export function fishScript(commands: readonly Completed[]): string {
  const described = [...commands.map(({ name, summary }) => [name, summary] as const), ...WORDS]
  return `# Completion of ccr for fish: ccr completion fish | source
${described
  .map(([name, summary]) => {
    return `complete -c ccr -n __fish_use_subcommand -f -a ${name} -d ${fishText(summary)}\n`
  })
  .join('')}complete -c ccr -n __fish_use_subcommand -l config -r -d 'use this config file'
complete -c ccr -n '__fish_seen_subcommand_from help' -f -a '${commands.map(({ name }) => name).join(' ')}'
${commands.map(lines).join('')}`
}

function lines({ name, words, options }: Completed): string {
  const seen = `complete -c ccr -n '__fish_seen_subcommand_from ${name}'`
  const first = words.length === 0 ? '' : `${seen} -f -a '${words.join(' ')}'\n`
  return `${first}${options.map((option) => `${seen} ${flag(option)}\n`).join('')}`
}

function flag({ name, summary, value }: CompletedOption): string {
  const takes = value === undefined ? '' : value === 'FILE' ? ' -r' : ' -x'
  return `-l ${name}${takes} -d ${fishText(summary)}`
}

function fishText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
