/** The files in a session's folder, and the names of the locks that guard the session. */
import { join } from 'node:path'

type InFolder = Readonly<{ dir: string }>
type Named = Readonly<{ id: string }>

export const recordFile = ({ dir }: InFolder): string => join(dir, 'session.json')
export const pidFile = ({ dir }: InFolder): string => join(dir, 'router.pid')
export const countFile = ({ dir }: InFolder): string => join(dir, 'reference-count.txt')
export const logFile = ({ dir }: InFolder): string => join(dir, 'router.log')
export const environmentFile = ({ dir }: InFolder): string => join(dir, 'env.json')
export const crashFile = ({ dir }: InFolder): string => join(dir, 'crashes.json')
/** Signs the order of a restart, while it is under way: see restart-order.ts. */
export const orderFile = ({ dir }: InFolder): string => join(dir, 'restart-order')

/** Held by a command while it starts, stops or restarts the session. */
export const operationLock = ({ id }: Named): string => `session/${id}`
/** Held by a booting daemon and by the process that starts it, until it is ready or has failed. */
export const bootLock = ({ id }: Named): string => `boot/${id}`
/** Held by the session's daemon for as long as it serves: there is one at most. */
export const serveLock = ({ id }: Named): string => `serve/${id}`
/** Held by a `ccr start --foreground`, the supervisor: the daemons that succeed its own end with it. */
export const supervisorLock = ({ id }: Named): string => `keeper/${id}`
/** Held, briefly, around the choice of a port and every write of any session.json of the home. */
export const REGISTRY_LOCK = 'registry'
