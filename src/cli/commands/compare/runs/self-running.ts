/** Detects files that editors, shells, git or package managers can run automatically. */
import { gitBytes } from '../agent/git.ts'

/** Matched in lower case, because some file systems ignore case. Paths are relative to the repository. */
const NAMES: readonly RegExp[] = [
  /(^|\/)\.(vscode|idea|fleet|zed|cursor|claude|husky|githooks|devcontainer|circleci|cargo|config)\//,
  /(^|\/)\.(github|gitea|forgejo)\/(workflows|actions)\//,
  /(^|\/)\.(envrc|env|npmrc|yarnrc|yarnrc\.yml|pnpmfile\.cjs|mcp\.json|tool-versions|mise\.toml)$/,
  /(^|\/)\.(gitattributes|gitmodules|gitconfig|gitlab-ci\.yml|travis\.yml|pre-commit-config\.yaml)$/,
  /(^|\/)\.(bashrc|bash_profile|profile|zshrc|zshenv|zprofile|vimrc|exrc|nvimrc|gdbinit|lldbinit)$/,
  /(^|\/)\.?(lefthook|mise|bitbucket-pipelines|azure-pipelines)(-local)?\.(ya?ml|toml|json)$/,
  /(^|\/)(package\.json|binding\.gyp|composer\.json|setup\.py|conftest\.py|sitecustomize\.py)$/,
  /(^|\/)(gnumakefile|makefile|justfile|rakefile|gemfile|vagrantfile|jenkinsfile|build\.rs)$/,
  /\.(code-workspace|pth)$/,
]

export function runsByItself(path: string): boolean {
  const name = path.toLowerCase()
  return NAMES.some((pattern) => pattern.test(name))
}

const LINK = '120000'
const SUBMODULE = '160000'
const KINDS: Readonly<Record<string, string>> = {
  [LINK]: 'link',
  [SUBMODULE]: 'submodule',
}

/** The changed files that can run by themselves or lead elsewhere, with their kind. */
export async function selfRunning(
  cwd: string,
  from: string,
  to: string,
): Promise<readonly { readonly path: string; readonly kind: string }[]> {
  const args = ['diff', '--raw', '-z', '--no-renames', '--no-ext-diff', from, to]
  const parts = (await gitBytes(args, { cwd })).toString('utf8').split('\0')
  const found: { path: string; kind: string }[] = []
  for (let n = 0; n + 1 < parts.length; n += 2) {
    const [, before = '', after = ''] = /^:(\d+) (\d+) /.exec(parts[n] ?? '') ?? []
    const path = parts[n + 1] ?? ''
    const kind = KINDS[after]
    if (kind !== undefined) found.push({ path, kind })
    else if (after !== '000000' && runsByItself(path)) found.push({ path, kind: 'runs by itself' })
    else if (after === '100755' && before !== after) found.push({ path, kind: 'executable' })
  }
  return found
}
