/** Runs the rest of its arguments as `ccr code` runs claude, on a system without setpriv. */
import { runChild } from '../../../src/cli/claude/spawn.ts'

const [file = '', ...argv] = process.argv.slice(2)
const env = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) => (value ? [[name, value]] : [])),
)
const executable = { file, args: [] }
process.exitCode = await runChild({ executable, argv, env, setpriv: '/nonexistent' })
