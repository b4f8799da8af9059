/**
 * Loaded into each Node under Wine (NODE_OPTIONS=--require): what is different in Wine 8 from
 * Windows is undone here, so that the tests see the ccr of Windows users.
 */
'use strict'
const { createHash } = require('node:crypto')
const { closeSync, constants, openSync } = require('node:fs')
const { Server, Socket } = require('node:net')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

/**
 * Wine fails to connect a socket (ConnectEx: UNKNOWN) on which keep-alive has been set before.
 * undici does that to each of its sockets, as Windows allows.
 */
const { setKeepAlive } = Socket.prototype
Socket.prototype.setKeepAlive = function (...options) {
  if (!this.connecting) return setKeepAlive.apply(this, options)
  this.once('connect', () => setKeepAlive.apply(this, options))
  return this
}

/**
 * Windows lets one process alone make a named pipe that it wants to be the first of its name
 * (FILE_FLAG_FIRST_PIPE_INSTANCE, which libuv sets); Wine ignores the flag. Here a file that is open
 * without sharing stands for the name: like the pipe, it is free when its process has ended.
 */
const OPEN_ALONE = 0x10000000 // UV_FS_O_EXLOCK
const { listen } = Server.prototype
Server.prototype.listen = function (...options) {
  const path = typeof options[0] === 'object' ? options[0]?.path : options[0]
  if (typeof path !== 'string' || !path.startsWith('\\\\.\\pipe\\')) {
    return listen.apply(this, options)
  }
  const name = createHash('sha256').update(path).digest('hex')
  try {
    const file = join(tmpdir(), `pipe-${name}`)
    const held = openSync(file, constants.O_RDWR | constants.O_CREAT | OPEN_ALONE)
    this.once('close', () => closeSync(held))
  } catch (cause) {
    const error = Object.assign(new Error(`listen EADDRINUSE: ${path}`), {
      code: 'EADDRINUSE',
      cause,
    })
    process.nextTick(() => this.emit('error', error))
    return this
  }
  return listen.apply(this, options)
}

/** Wine sets USERPROFILE itself, from the name of the user of Linux. */
const { WINE_USERPROFILE } = process.env
if (WINE_USERPROFILE !== undefined) process.env.USERPROFILE = WINE_USERPROFILE
