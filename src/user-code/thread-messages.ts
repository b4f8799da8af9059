/**
 * The messages between the daemon and the thread of user code.
 *
 * They are a wire format. A daemon that keeps running after an update loads the thread's program of
 * the newer build, so the names of fields and the values of `kind` stay for at least one version.
 */
import type { MessagePort } from 'node:worker_threads'
import type { Config } from '../config/config.ts'
import type { BrokenModule, Outgoing, TransformerProvider } from './transformers.ts'
import type { RouterQuestion } from './custom-router.ts'

/** What the thread is started with. */
export interface ThreadData {
  /** The daemon's version: the thread's program may be newer, and then refuses to start. */
  readonly version: string
  readonly config: Config
  /** ms */
  readonly limits: { readonly router: number; readonly request: number; readonly response: number }
}

/** The context that hooks share during one exchange; only the first request carries it. */
export interface ContextRef {
  readonly id: number
  readonly context?: object
}

export interface ResponseParts {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly port: MessagePort
}

/** The user's transformers that are loaded. */
export interface TransformerNames {
  /** In lower case. */
  readonly names: readonly string[]
  readonly broken: readonly BrokenModule[]
}

export type ThreadRequest =
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

/** The result for each kind of request. */
export interface ThreadResults {
  /** The body only where the router has changed it; undefined when the router failed. */
  readonly route: { readonly model: string | undefined; readonly body?: unknown } | undefined
  readonly names: TransformerNames
  readonly request: Outgoing
  readonly response: ResponseParts
}

export type ToThread =
  { readonly id: number; readonly ask: ThreadRequest } | { readonly ping: true }

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
