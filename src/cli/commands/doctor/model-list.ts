/** Checks whether ccr code can give claude the names and prices of all models. */
import type { Config } from '../../../config/config.ts'
import { UserError } from '../../../lib/user-error.ts'
import type { SessionRef } from '../../../session/identity.ts'
import { type Executable, findClaude } from '../../claude/find.ts'
import { launchOptions } from '../../claude/launch-options.ts'
import { namingArguments, obstacleTo, unlistedNotes } from '../../claude/native-names.ts'
import { chargesOf } from '../../claude/reported-charges.ts'
import { sessionPrices } from '../../claude/session-prices.ts'
import type { Io } from '../../command.ts'
import { area, type Check } from './check.ts'

const claude = area('claude')

/** Without a session there is no token that a name could hold. */
const NO_LEASE = { baseUrl: '', token: '' }

/**
 * One line where the list is too long for an argument; none where claude takes no list, which its own
 * check names.
 * @param machine the managed settings of the machine; by default those that it has.
 */
export async function modelListChecks(
  ref: Pick<SessionRef, 'id' | 'preference' | 'home'>,
  config: Config,
  env: Io['env'],
  machine?: readonly string[],
): Promise<Check[]> {
  const executable = claudeOf(config, env)
  if (executable === undefined) return []
  const launch = { claude: executable, argv: [], home: ref.home, env, ...(machine && { machine }) }
  if ((await obstacleTo(launch)) !== null) return []
  const options = launchOptions(ref, NO_LEASE, config)
  const session = { ...options, preference: ref.preference }
  const charges = await chargesOf(config, ref.home, Date.now())
  const prices = sessionPrices(session, config, { charges, env, named: undefined })
  const notes = unlistedNotes(namingArguments(launch, session, config, prices), [])
  return notes.map((note) => claude('note', note))
}

function claudeOf({ claudePath }: Config, env: Io['env']): Executable | undefined {
  try {
    return findClaude(claudePath, env)
  } catch (thrown) {
    if (thrown instanceof UserError) return undefined
    throw thrown
  }
}
