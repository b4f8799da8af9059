/**
 * Loaded into a daemon with NODE_OPTIONS=--import: its wall clock is ahead by what the file
 * FAULTS_CLOCK says, in ms; the file may change at any time.
 */
import { readFileSync } from 'node:fs'

const file = process.env.FAULTS_CLOCK
if (file && process.argv.includes('__daemon')) {
  const RealDate = Date
  const now = () => {
    try {
      return RealDate.now() + Number(readFileSync(file, 'utf8'))
    } catch {
      return RealDate.now()
    }
  }
  globalThis.Date = class Date extends RealDate {
    constructor(...given) {
      if (given.length === 0) super(now())
      else super(...given)
    }

    static now() {
      return now()
    }
  }
}
