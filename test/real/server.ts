/** What a server under test is: how it is installed and started, and what it can do. */

/** A server that `npm run test:real` installs and runs; one file each in servers/, listed in servers/index.ts. */
export interface RealServer {
  /** The word that chooses it: `npm run test:real -- ID`. */
  readonly id: string
  readonly title: string
  /** The pinned version, as the server's package names it. */
  readonly version: string
  /** The APIs that it has, each tested through a session of its own. */
  readonly ways: readonly Way[]
  /** What is downloaded and built, with sizes; printed before anything starts. */
  readonly downloads: string
  /**
   * Installs it into the cache folder, once.
   * @throws Error whose message says why it cannot be had on this machine.
   */
  install(log: Log): Promise<void>
  /**
   * Starts it on 127.0.0.1 on a free port and waits until it answers.
   * @param window tokens to stretch its context to; absent: that of the model.
   */
  start(window?: number): Promise<RunningServer>
  /** Whether `start` can stretch the context. */
  readonly stretches: Ability
}

/** Writes one line for the user. */
export type Log = (line: string) => void

/** `true`, or why not: a few words for the table. */
export type Ability = true | string

export interface RunningServer {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string
  /** The model's id as requests name it. */
  readonly model: string
  /** Tokens that one request and its answer can have. */
  readonly window: number
  /** Whether it is still generating, as it reports itself; absent: it reports nothing of the kind. */
  readonly isBusy?: () => Promise<boolean>
  /** `false`: it generates an answer to its end though its client has hung up. */
  readonly stopsWhenLeft?: false
  /** A prompt after which even this model calls the tool look_up with arguments that end; absent: a plain one. */
  readonly toolPrompt?: string
  /** The last lines that it printed, for a failed check. */
  output(): string
  stop(): Promise<void>
}

/** One API of a server, as a provider of ccr's config. */
export interface Way {
  /** `chat`, `messages`, `responses`. */
  readonly name: string
  /** The path of `api_base_url`: `/v1/chat/completions`. */
  readonly path: string
  /** Fields of the provider's entry: its name, by which ccr knows the kind of server, and what else it needs. */
  readonly provider: { readonly name: string; readonly [field: string]: unknown }
  readonly can: Abilities
}

export interface Abilities {
  /** Takes definitions of tools, and their results. */
  readonly tools: Ability
  /** Can be made to call a tool. */
  readonly toolChoice: Ability
  /** Calls the tool that the request names; absent: yes. Otherwise why it calls any. */
  readonly namedTool?: string
  readonly images: Ability
  /** Counts tokens by an endpoint that ccr uses; else ccr estimates. */
  readonly countTokens: Ability
  /** Reports the windows of its models; absent: it does. */
  readonly windows?: Ability
  /** Counts the tokens of a streamed answer; absent: it does. */
  readonly usage?: Ability
  /** Says that a prompt is too long; absent: it does. */
  readonly overflow?: Ability
}
