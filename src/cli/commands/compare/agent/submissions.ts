/** The work of agents as submissions to a judge. */
import { realpathSync } from 'node:fs'
import type { Submission } from '../judge/judge-prompt.ts'
import type { ModelRecord, RunRecord } from './record.ts'
import { endText } from './worker.ts'
import { diffText } from './worktree.ts'

/** The work of each finished agent, in the form for a judge. */
export async function agentSubmissions(run: RunRecord): Promise<Submission[]> {
  const done = run.models.filter(({ state }) => state === 'done')
  return Promise.all(
    done.map(async (model) => {
      const { letter, name, preference } = model
      const text = [
        `Its final message:\n${model.finalMessage}`,
        ...(model.verified === null
          ? []
          : [`The user's command for checking ${endText(model.verified)}.`]),
        `Its changes:\n${(await diffOf(run, model)) || '(none)'}`,
      ].join('\n\n')
      return { letter, name, preference, text: withoutLocation(text, model) }
    }),
  )
}

/** The text without the worktree and the branch, whose names contain the name of the model. */
function withoutLocation(text: string, { worktree, branch }: ModelRecord): string {
  const folders = [worktree, worktree.replaceAll('\\', '/'), realPathOf(worktree)]
  return folders
    .filter((folder) => folder !== '')
    .reduce((rest, folder) => rest.replaceAll(folder, '/worktree'), text)
    .replaceAll(branch, 'the-branch')
}

function realPathOf(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return ''
  }
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
