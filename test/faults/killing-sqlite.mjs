/**
 * SQLite that kills its process, as `kill -9` would, while a batch of at least two rows is written
 * into the ledger, at the point that the file FAULTS_POINT names: `row` (behind the second row),
 * `commit` (before the transaction's end) or `committed` (behind it). The file FAULTS_WRITTEN gets
 * the rows of each batch whose transaction has ended, a line each.
 */
import { appendFileSync, readFileSync } from 'node:fs'

const { FAULTS_POINT: file, FAULTS_WRITTEN: written } = process.env
const real = await import(new URL(import.meta.url).search.slice(1))

export class DatabaseSync {
  #db
  #rows = 0

  constructor(path) {
    this.#db = new real.DatabaseSync(path)
  }

  exec(sql) {
    if (sql === 'COMMIT') this.#reached('commit')
    this.#db.exec(sql)
    if (sql !== 'COMMIT' || this.#rows === 0) return
    appendFileSync(written, `${String(this.#rows)}\n`)
    this.#reached('committed')
    this.#rows = 0
  }

  prepare(sql) {
    const statement = this.#db.prepare(sql)
    if (!sql.startsWith('INSERT INTO request')) return statement
    const run = (...values) => {
      statement.run(...values)
      this.#rows += 1
      this.#reached('row')
    }
    return { run }
  }

  close() {
    this.#db.close()
  }

  #reached(point) {
    if (this.#rows < 2 || readFileSync(file, 'utf8') !== point) return
    process.kill(process.pid, 'SIGKILL')
  }
}
