#!/usr/bin/env node
/**
 * Checks the files of .github/ with the linters that know them: `npm run lint:github`. GitHub runs
 * the workflows, this machine cannot; so this is all that is known of them before a push.
 *
 * A linter that is not on PATH is installed by its name into a cache folder, with Go or with
 * Python's pip. Where that fails too, the run says what was not checked.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ccr-lint-github')
const windows = process.platform === 'win32'

const names = (folder) =>
  readdirSync(join(root, '.github', folder)).map((name) => join('.github', folder, name))
const forms = names('ISSUE_TEMPLATE').filter((file) => !file.endsWith('config.yml'))

/** Each linter: what it checks, how it is called, and how it is installed. */
const LINTERS = [
  {
    program: 'actionlint',
    checks: 'syntax, types and shell scripts of the workflows',
    calls: [[]],
    install: installWithGo('github.com/rhysd/actionlint/cmd/actionlint', '1.7.12'),
  },
  {
    program: 'zizmor',
    checks: 'security mistakes in the workflows',
    calls: [['--offline', '--quiet', '--config', '.github/zizmor.yml', '.github/workflows']],
    install: installWithPip('zizmor', '1.32.0'),
  },
  {
    program: 'check-jsonschema',
    checks: 'schemas of workflows, issue forms and dependabot.yml',
    calls: [
      ['--builtin-schema', 'vendor.github-workflows', ...names('workflows')],
      ['--builtin-schema', 'vendor.github-issue-forms', ...forms],
      ['--builtin-schema', 'vendor.github-issue-config', '.github/ISSUE_TEMPLATE/config.yml'],
      ['--builtin-schema', 'vendor.dependabot', '.github/dependabot.yml'],
    ],
    install: installWithPip('check-jsonschema', '0.39.0'),
  },
]

function installWithGo(module, version) {
  return (program) => {
    const folder = join(cache, `${program}-${version}`)
    const file = join(folder, windows ? `${program}.exe` : program)
    if (existsSync(file)) return file
    mkdirSync(folder, { recursive: true })
    run('go', ['install', `${module}@v${version}`], { env: { ...process.env, GOBIN: folder } })
    return existsSync(file) ? file : undefined
  }
}

function installWithPip(name, version) {
  return (program) => {
    const folder = join(cache, `${program}-${version}`)
    const scripts = join(folder, windows ? 'Scripts' : 'bin')
    const file = join(scripts, windows ? `${program}.exe` : program)
    if (existsSync(file)) return file
    mkdirSync(dirname(folder), { recursive: true })
    if (!run(windows ? 'python' : 'python3', ['-m', 'venv', folder])) return undefined
    run(join(scripts, 'pip'), [
      'install',
      '--quiet',
      '--disable-pip-version-check',
      `${name}==${version}`,
    ])
    return existsSync(file) ? file : undefined
  }
}

/** Whether a command ends well. */
function run(program, args, options) {
  return spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options }).status === 0
}

function findOnPath(program) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, windows ? `${program}.exe` : program))
    .find((file) => existsSync(file))
}

const count = { passed: 0, failed: 0, skipped: 0 }
const missing = []
for (const { program, checks, calls, install } of LINTERS) {
  process.stdout.write(`-- ${program}: ${checks}\n`)
  const file = findOnPath(program) ?? install(program)
  if (file === undefined) {
    missing.push(`  ${program}, which is not here and could not be installed: ${checks}\n`)
    count.skipped += 1
    continue
  }
  const fine = calls.map((args) => run(file, args)).every(Boolean)
  count[fine ? 'passed' : 'failed'] += 1
}
if (missing.length > 0) process.stdout.write(`NOT CHECKED, for want of:\n${missing.join('')}`)
process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`)
process.exitCode = count.failed > 0 ? 1 : 0
