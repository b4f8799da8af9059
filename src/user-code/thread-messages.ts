import type { MessagePort } from 'node:worker_threads'
import type { Config } from '../config/config.ts'
import type { BrokenModule, Outgoing, TransformerProvider } from './transformers.ts'
import type { RouterQuestion } from './custom-router.ts'

/** What the daemon and the thread of own code say to each other. */

/** What the thread is started with. */
export interface ThreadData {
  /** Of the daemon: the thread's own program may be newer. */
  readonly version: string
  readonly config: Config
  /** ms */
  readonly limits: { readonly router: number; readonly request: number; readonly response: number }
}

/** The context that hooks share during one exchange; it is sent with the first of them. */
export interface ContextRef {
  readonly id: number
  readonly context?: object
}

export interface ResponseParts {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly port: MessagePort
}

/** The user's transformers as they are loaded. */
export interface TransformerNames {
  /** In lower case. */
  readonly names: readonly string[]
  readonly broken: readonly BrokenModule[]
}

export type Ask =
  | { readonly kind: 'route'; readonly question: RouterQuestion }
  | { readonly kind: 'names' }
  | {
      readonly kind: 'request'
      readonly use: readonly string[]
      readonly body: object
      readonly provider: TransformerProvider
      readonly context: ContextRef
    }
  | ({
      readonly kind: 'response'
      readonly use: readonly string[]
      readonly context: ContextRef
    } & ResponseParts)

/** What the thread answers to each kind. */
export interface Answers {
  /** The body only where the router has changed it; undefined when the router failed. */
  readonly route: { readonly model: string | undefined; readonly body?: unknown } | undefined
  readonly names: TransformerNames
  readonly request: Outgoing
  readonly response: ResponseParts
}

export type ToThread = { readonly id: number; readonly ask: Ask } | { readonly ping: true }

export type FromThread =
  | { readonly ready: true }
  | { readonly pong: true }
  | { readonly names: TransformerNames }
  | {
      readonly log: 'debug' | 'info' | 'warn' | 'error'
      readonly fields: object
      readonly text: string
    }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failed: string; readonly isLogged: boolean }
