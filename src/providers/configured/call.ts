/** One HTTP call to a provider, ready to be sent: URL, credentials, body. */
export interface Call {
  /** The provider's name, for errors. */
  readonly provider: string
  readonly url: string
  /** `POST` if absent. A GET has no body. */
  readonly method?: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  /** Whether it ends with the first answer, also a redirect. */
  readonly isDirect?: true
  /** It may be read twice: nothing is billed or changed by it. */
  readonly idempotent?: boolean
}
