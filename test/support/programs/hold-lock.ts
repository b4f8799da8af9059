/** Takes the lock `argv[3]` of the home `argv[2]`, says so, and holds it until it is killed. */
import { acquire } from '../../../src/lib/lock.ts'

const [home = '', name = ''] = process.argv.slice(2)
await acquire(home, name)
process.stdout.write('held\n')
process.stdin.resume()
