/** For servers in Node that listen on every interface: with `--import`, they listen on 127.0.0.1 only. */
import { Server } from 'node:net'

const { listen } = Server.prototype

Server.prototype.listen = function (...args) {
  const [first] = args
  const port = typeof first === 'object' && first !== null ? first.port : first
  if (!/^\d+$/.test(String(port))) return listen.apply(this, args)
  const listening = args.find((one) => typeof one === 'function')
  return listen.call(this, { port: Number(port), host: '127.0.0.1' }, listening)
}
