/** Whether a folder is on a network, where SQLite needs another journal. */
import { realpathSync, statfsSync } from 'node:fs'

/**
 * File systems of a network, by their magic numbers (man 2 statfs). SQLite's write-ahead log needs
 * memory that all its processes share, and locks that hold: https://www.sqlite.org/wal.html
 */
const NETWORK: ReadonlySet<number> = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB 2
  0x01021997, // 9P: WSL's Windows drives, some virtual machines
  0x00c36400, // Ceph
  0x0bd00bd0, // Lustre
  0x47504653, // GPFS
  0x5346414f, // AFS
])

/** Whether a folder is on a file system of a network, as far as the system reports it. */
export function isOnNetwork(folder: string, system: System = thisSystem): boolean {
  return NETWORK.has(system.typeOf(folder) >>> 0) || SHARE.test(system.realPath(folder))
}

/** How Windows names a folder of a server, also one that has the letter of a drive: `\\server\share`. */
const SHARE = /^\\\\(?![.?]\\)/

interface System {
  /** The number of a folder's file system; Windows gives none. */
  readonly typeOf: (folder: string) => number
  /** Where Windows has a folder; '' elsewhere. */
  readonly realPath: (folder: string) => string
}

const thisSystem: System = {
  typeOf: (folder) => known(() => statfsSync(folder).type, 0),
  realPath: (folder) =>
    process.platform === 'win32' ? known(() => realpathSync.native(folder), folder) : '',
}

function known<T>(look: () => T, otherwise: T): T {
  try {
    return look()
  } catch {
    return otherwise
  }
}
