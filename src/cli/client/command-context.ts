/** The session that a command acts on, from its options and its environment. */
import { type SessionRef, sessionRef } from '../../session/identity.ts'
import type { Io } from '../command.ts'

/** What the parts of a command share: the session, and the streams and environment of the command. */
export interface CommandContext {
  readonly ref: SessionRef
  readonly io: Io
}

/** The session of CCR_MODEL_PREFERENCE, with the config of `--config` after or before the command. */
export function commandSession(
  { env, configFile }: Pick<Io, 'env' | 'configFile'>,
  values: { readonly config?: string } = {},
): SessionRef {
  const config = values.config ?? configFile
  return sessionRef(env, config === undefined ? {} : { config })
}
