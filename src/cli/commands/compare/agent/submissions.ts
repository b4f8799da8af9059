/** The work of agents as submissions to a judge. */
import type { Submission } from '../judge/judge-prompt.ts'
import type { ModelRecord, RunRecord } from './record.ts'
import { endText } from './worker.ts'
import { diffText } from './worktree.ts'

/** The work of each finished agent, in the form for a judge. */
export async function agentSubmissions(run: RunRecord): Promise<Submission[]> {
  const done = run.models.filter(({ state }) => state === 'done')
  return Promise.all(
    done.map(async (model) => ({
      letter: model.letter,
      name: model.name,
      text: [
        `Its final message:\n${model.finalMessage}`,
        ...(model.verified === null
          ? []
          : [`The user's command for checking ${endText(model.verified)}.`]),
        `Its changes:\n${(await diffOf(run, model)) || '(none)'}`,
      ].join('\n\n'),
    })),
  )
}

/** All changes of a model as a diff; '' if there are none or the repository is gone. */
export async function diffOf({ root, base }: RunRecord, { commit }: ModelRecord): Promise<string> {
  if (commit === null) return ''
  try {
    return await diffText(root, base, commit)
  } catch {
    return ''
  }
}
