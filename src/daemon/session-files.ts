/** The files by which a session shows the daemon that serves it: its record, pid and count of clients. */
import { rmSync } from 'node:fs'
import { readText, replaceFile } from '../lib/files.ts'
import { withLock } from '../lib/lock.ts'
import type { SessionRef } from '../session/identity.ts'
import { countFile, pidFile, REGISTRY_LOCK } from '../session/paths.ts'
import { readRecord, type SessionRecord, updateRecord, writeRecord } from '../session/record.ts'

export interface SessionFiles {
  /** After the record was written: the files beside it. */
  begin(record: SessionRecord): void
  /** Changes the record. */
  update(change: Partial<SessionRecord>): Promise<void>
  /** The number of clients, for people. */
  writeCount(count: number): void
  /** Restores files that were damaged, removed, or written by a successor that failed. */
  repair(): Promise<void>
  /** No daemon runs any more. */
  end(): Promise<void>
}

export function createSessionFiles(ref: SessionRef): SessionFiles {
  let current: SessionRecord | null = null
  let clients = 0
  const files = (): (readonly [string, string])[] => [
    [pidFile(ref), `${process.pid}\n`],
    [countFile(ref), `${clients}\n`],
  ]
  return {
    begin(record) {
      current = record
      for (const [file, text] of files()) replaceFile(file, text)
    },
    async update(change) {
      const record = await updateRecord(ref, change)
      if (current) current = record
    },
    writeCount(count) {
      clients = count
      replaceFile(countFile(ref), `${count}\n`)
    },
    repair() {
      const record = current
      if (!record) return Promise.resolve()
      return withLock(ref.home, REGISTRY_LOCK, () => {
        if (JSON.stringify(readRecord(ref)) !== JSON.stringify(record)) writeRecord(ref, record)
        for (const [file, text] of files()) if (readText(file) !== text) replaceFile(file, text)
      })
    },
    async end() {
      await updateRecord(ref, { pid: null, processStart: null })
      rmSync(pidFile(ref), { force: true })
      replaceFile(countFile(ref), '0\n')
    },
  }
}
