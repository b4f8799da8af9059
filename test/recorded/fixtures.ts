/** Recordings of real providers, kept beside the project and not in it; absent in most checkouts. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RECORDINGS, RECORDINGS_FOLDER as FOLDER } from '../support/requires.ts'

/** The recorded streams of a format: one JSON payload a line. */
export function recordedStreams(format: string): readonly [name: string, payloads: string[]][] {
  return files(join('recorded', format), '.chunks.txt').map((file) => [
    file.slice(0, -'.chunks.txt'.length),
    readFileSync(join(FOLDER, 'recorded', format, file), 'utf8')
      .split('\n')
      .filter(Boolean),
  ])
}

/** Recorded JSON bodies of a format. */
export function recordedBodies(format: string): readonly [name: string, body: string][] {
  return files(join('recorded', format), '.json').map((file) => [
    file,
    readFileSync(join(FOLDER, 'recorded', format, file), 'utf8'),
  ])
}

/** Request bodies that the real client sent. */
export function clientRequests(): readonly [name: string, body: string][] {
  return files('claude-code', '.json')
    .filter((file) => !file.endsWith('.headers.json'))
    .map((file) => [file, readFileSync(join(FOLDER, 'claude-code', file), 'utf8')])
}

/** The path of a recorded request of the real client, and that of its headers. */
export function clientFiles(name: string): readonly [body: string, headers: string] {
  const path = join(FOLDER, 'claude-code', name)
  return [`${path}.json`, `${path}.headers.json`]
}

function files(folder: string, suffix: string): string[] {
  if (RECORDINGS.skip === true) return []
  return readdirSync(join(FOLDER, folder))
    .filter((file) => file.endsWith(suffix))
    .sort()
}
