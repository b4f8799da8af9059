/**
 * Loaded with NODE_OPTIONS=--require: the file system of Windows, as far as the ledger meets it. There
 * are no symbolic links without privileges, and no file of usage is renamed or removed while a process
 * has it open.
 */
const fs = require('node:fs')
const { syncBuiltinESMExports } = require('node:module')

const failed = (code, call) => Object.assign(new Error(`${code}: ${call}`), { code, syscall: call })

/** Whether any process has the file open, or mapped. */
function isOpen(file) {
  const real = fs.realpathSync(file)
  return fs.readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const folder = `/proc/${pid}/fd`
      return fs.readdirSync(folder).some((fd) => linkOf(`${folder}/${fd}`) === real)
    } catch {
      return false // another user's, or gone
    }
  })
}

function linkOf(path) {
  try {
    return fs.readlinkSync(path)
  } catch {
    return ''
  }
}

const { renameSync, rmSync } = fs
const guarded =
  (call, change) =>
  (file, ...more) => {
    const isUsage = /\.db(-wal|-shm)?$/.test(String(file))
    if (isUsage && fs.existsSync(file) && isOpen(file)) throw failed('EBUSY', call)
    return change(file, ...more)
  }
fs.symlinkSync = () => {
  throw failed('EPERM', 'symlink')
}
fs.renameSync = guarded('rename', renameSync)
fs.rmSync = guarded('rm', rmSync)
syncBuiltinESMExports()
