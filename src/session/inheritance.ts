/**
 * The open descriptors that a daemon inherits from the process that starts it. Both then hold each
 * lock and socket, and the kernel keeps it open for the one that lives on. The option that passes
 * them is a contract between versions: fields are only ever added, and each is optional.
 */

/** Descriptors of the process that starts the daemon, or, in the daemon, its own. */
export interface Inheritance {
  /** Held until the daemon is ready or has failed. */
  readonly bootLock?: number
  /** From the daemon before. */
  readonly serveLock?: number
  /** The same: the socket that listens for clients. */
  readonly listener?: Listener
}

export interface Listener {
  readonly descriptor: number
  /** The address and port that it is bound to. */
  readonly host: string
  readonly port: number
}

const OPTION = '--inherit='

export interface PassedOn {
  /** For the child's `stdio`, beginning with descriptor `first`. */
  readonly stdio: readonly number[]
  /** For its command line. */
  readonly args: readonly string[]
}

/** How a child is given all that, its descriptors being `first` and those after it. */
export function passOn(given: Inheritance, first: number): PassedOn {
  const stdio: number[] = []
  const pass = (descriptor: number): number => first + stdio.push(descriptor) - 1
  const { bootLock, serveLock, listener } = given
  const passed: Inheritance = {
    ...(bootLock === undefined ? {} : { bootLock: pass(bootLock) }),
    ...(serveLock === undefined ? {} : { serveLock: pass(serveLock) }),
    ...(listener ? { listener: { ...listener, descriptor: pass(listener.descriptor) } } : {}),
  }
  return { stdio, args: stdio.length === 0 ? [] : [`${OPTION}${JSON.stringify(passed)}`] }
}

/** The same as the child reads it on its command line. */
export function inherited(argv: readonly string[]): Inheritance {
  const text = argv.find((word) => word.startsWith(OPTION))?.slice(OPTION.length)
  return text === undefined ? {} : (JSON.parse(text) as Inheritance)
}
