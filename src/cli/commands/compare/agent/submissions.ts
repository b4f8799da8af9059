import type { Submission } from '../judge/judge-prompt.ts'
import type { ModelRecord, RunRecord } from './record.ts'
import { endText } from './worker.ts'
import { diffText } from './worktree.ts'

/** The work of each agent that ended, as a judge gets it. */
export async function agentSubmissions(run: RunRecord): Promise<Submission[]> {
  const done = run.models.filter(({ state }) => state === 'done')
  return Promise.all(
    done.map(async (model) => ({
      letter: model.letter,
      name: model.name,
      text: [
        `What it said at the end:\n${model.finalMessage}`,
        ...(model.verified === null
          ? []
          : [`The user's command for checking ${endText(model.verified)}.`]),
        `Its changes:\n${(await diffOf(run, model)) || '(none)'}`,
      ].join('\n\n'),
    })),
  )
}

/** A model's whole work as a diff; '' when there is none, or the repository is gone. */
export async function diffOf({ root, base }: RunRecord, { commit }: ModelRecord): Promise<string> {
  if (commit === null) return ''
  try {
    return await diffText(root, base, commit)
  } catch {
    return ''
  }
}
