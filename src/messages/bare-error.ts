/** What servers say in a 200 in place of an answer, where they have no `error` field for it. */
interface Bare {
  /** MiniMax: a code, 0 where all is well. */
  readonly base_resp?: { readonly status_code?: unknown } | null
  /** vLLM: `{object: "error", message, code}`. */
  readonly object?: unknown
  readonly message?: unknown
  readonly msg?: unknown
  readonly detail?: unknown
  /** Baidu. */
  readonly error_msg?: unknown
  /** Venice: `{error_type, error_message}`. */
  readonly error_message?: unknown
}

/**
 * The error that an object is, or holds, though it does not call it one (SiliconFlow's `{code,
 * message, data: null}` and the like); undefined for any other.
 */
export function bareError(said: object): object | undefined {
  const { base_resp: state, object, ...bare } = said as Bare
  if (state?.status_code) return state
  const text = bare.message ?? bare.msg ?? bare.detail ?? bare.error_msg ?? bare.error_message
  return object === 'error' || typeof text === 'string' ? said : undefined
}
