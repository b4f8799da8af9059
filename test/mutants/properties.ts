/** Shortens property tests in mutation runs. */
import fc from 'fast-check'

/** What a property does not notice with its first cases, it rarely does with its thousandth. */
fc.installGlobalPlugin(fc.interruptAfterTimeLimit(250))
