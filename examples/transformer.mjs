/**
 * A transformer of your own: replaces e-mail addresses before a request leaves this machine, and
 * adds a header that says which team it is from.
 *
 * ccr makes one for each provider that names it in `use`, with the `options` of the config. It
 * calls `transformRequestIn` with the body as it would be sent (here in the format of Chat
 * Completions). If that throws, the request fails with its message, and nothing is sent.
 * `transformResponseOut(response)` could change the answer in the same way: it gets and gives a
 * `Response`.
 */
const ADDRESS = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g

export default class MaskAddresses {
  name = 'mask-addresses'

  constructor(options) {
    this.team = options.team
  }

  async transformRequestIn(request) {
    const messages = request.messages.map((message) => masked(message))
    return {
      body: { ...request, messages },
      config: { headers: { 'x-team': this.team } },
    }
  }
}

/** The same value, with every text in it masked. */
function masked(value) {
  if (typeof value === 'string') return value.replaceAll(ADDRESS, '[address]')
  if (Array.isArray(value)) return value.map((item) => masked(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item)]))
}
