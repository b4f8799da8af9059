/** Holds a lease on the session that the environment names until it is killed; prints how the lease ends. */
import { sessionRef } from '../../../src/session/identity.ts'
import { holdLease } from '../../../src/session/lease.ts'
import { probe } from '../../../src/session/probe.ts'

const ref = sessionRef(process.env)
const lease = await holdLease(ref, await probe(ref))
process.stdout.write('held\n')
process.stdout.write(`${await lease.ended}\n`)
