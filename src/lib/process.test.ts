import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { isSameProcess, portHolder, processesLike, processStart, type System } from './process.ts'
import { LINUX } from '../../test/support/requires.ts'

/** A system with these files, folders, links and programs. */
function system(
  platform: NodeJS.Platform,
  parts: Partial<Record<'files' | 'links' | 'runs', Record<string, string>>> & {
    folders?: Record<string, string[]>
  },
): System {
  const from = <T>(table: Readonly<Record<string, T>> | undefined, key: string): T => {
    const value = table?.[key]
    if (value === undefined) throw new Error(`ENOENT ${key}`)
    return value
  }
  return {
    platform,
    read: (file) => from(parts.files, file),
    list: (folder) => from(parts.folders, folder),
    link: (file) => from(parts.links, file),
    run: (program, args) => from(parts.runs, [program, ...args].join(' ')),
  }
}

const BOOT = { '/proc/sys/kernel/random/boot_id': 'abcdef01-2345\n' }
const stat = (state: string, start: number, name = 'node'): string =>
  `7 (${name}) ${state} 1 7 7 0 -1 4194560 1 0 0 0 1 0 0 0 20 0 11 0 ${start} 1000 500\n`

test('Linux: the start is told by boot and ticks, whatever the name of the process', () => {
  const linux = (text: string): System =>
    system('linux', { files: { ...BOOT, '/proc/7/stat': text } })
  expect(processStart(7, linux(stat('S', 4711)))).toBe('abcdef01-4711')
  expect(processStart(7, linux(stat('S', 4711, 'a) S (b')))).toBe('abcdef01-4711')
})

test('Linux: what is left of a dead process is no process', () => {
  const zombie = system('linux', { files: { ...BOOT, '/proc/7/stat': stat('Z', 4711) } })
  expect(processStart(7, zombie)).toBeNull()
  expect(processStart(8, zombie)).toBeNull()
})

test('macOS: the start comes from ps', () => {
  const ps = (text: string): System =>
    system('darwin', { runs: { 'ps -o stat=,lstart= -p 7': text } })
  expect(processStart(7, ps('Ss   Mon Nov 23 02:09:00 2026\n'))).toBe('Mon Nov 23 02:09:00 2026')
  expect(processStart(7, ps('Z    Mon Nov 23 02:09:00 2026\n'))).toBeNull()
  expect(processStart(8, ps(''))).toBeNull()
})

test('Windows: its own start a process knows, and another one finds it in the process table', () => {
  const started = Date.UTC(2026, 10, 30)
  const fileTime = (ms: number): string => String(BigInt(ms + 11_644_473_600_000) * 10_000n)
  const command = (pid: number): string =>
    `powershell.exe -NoProfile -Command (Get-Process -Id ${String(pid)}).StartTime.ToFileTimeUtc()`
  const windows = system('win32', { runs: { [command(7)]: `${fileTime(started)}\r\n` } })
  expect(isSameProcess(7, `~${String(started + 900)}`, windows)).toBe(true)
  expect(isSameProcess(7, `~${String(started + 5_000)}`, windows)).toBe(false)
  expect(isSameProcess(7, fileTime(started), windows)).toBe(true)
  expect(isSameProcess(7, fileTime(started + 1), windows)).toBe(false)
  for (const start of ['~', '~x', '', 'then']) expect(isSameProcess(7, start, windows)).toBe(false)
  expect(isSameProcess(8, `~${String(started)}`, windows)).toBe(false)
  const itself = processStart(process.pid, windows)
  expect(itself).toMatch(/^~\d{13}$/)
  expect(isSameProcess(process.pid, itself, windows)).toBe(true)
})

test('Windows: the start comes from the process table', () => {
  const command = 'powershell.exe -NoProfile -Command (Get-Process -Id 7).StartTime.ToFileTimeUtc()'
  const windows = system('win32', { runs: { [command]: '133456789\r\n' } })
  expect(processStart(7, windows)).toBe('133456789')
  expect(processStart(8, windows)).toBeNull()
})

test('a later process with the same pid is another process', () => {
  const linux = system('linux', { files: { ...BOOT, '/proc/7/stat': stat('S', 9999) } })
  expect(isSameProcess(7, 'abcdef01-9999', linux)).toBe(true)
  expect(isSameProcess(7, 'abcdef01-4711', linux)).toBe(false)
  expect(isSameProcess(null, null, linux)).toBe(false)
})

test('this platform tells a living process from an ended one', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
  const pid = child.pid ?? 0
  const start = processStart(pid)
  expect(start).not.toBeNull()
  expect(isSameProcess(pid, start)).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isSameProcess(pid, start)).toBe(false)
})

test('Linux: the holder of a port is found by its socket', () => {
  const tcp =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n' +
    '   0: 0100007F:0D80 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1\n' +
    '   1: 0100007F:0D81 00000000:0000 01 00000000:00000000 00:00000000 00000000  1000        0 4343 1\n'
  const linux = system('linux', {
    files: { '/proc/net/tcp': tcp, '/proc/77/comm': 'nginx\n' },
    folders: { '/proc': ['1', '77', 'net'], '/proc/77/fd': ['0', '5'] },
    links: { '/proc/77/fd/0': '/dev/null', '/proc/77/fd/5': 'socket:[4242]' },
  })
  expect(portHolder(3456, linux)).toEqual({ pid: 77, name: 'nginx' })
  expect(portHolder(3457, linux)).toBeNull()
})

test('the holder of our own port is this process', LINUX, async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  expect(portHolder((server.address() as AddressInfo).port)?.pid).toBe(process.pid)
  server.close()
})

/** Hand-written: the listings of a machine with a daemon, an editor that names one, and others. */
const DAEMON = /^(?:.* __daemon .*)?ccr daemon \w+/
const found = (other: System): unknown[] =>
  processesLike(DAEMON, other).map((one) => [one.pid, one.commandLine, one.variable('CCR_HOME')])

test('Linux: processes are told by their command line and asked for their environment', () => {
  const linux = system('linux', {
    folders: { '/proc': ['1', '77', '78', '79', 'net', 'self'] },
    files: {
      '/proc/1/cmdline': '/sbin/init\0',
      '/proc/77/cmdline': 'ccr daemon a3f2d8e1 openrouter/gpt-4\0\0\0',
      '/proc/77/environ': 'HOME=/home/a\0CCR_HOME=/home/a/x=y\0',
      '/proc/78/cmdline': 'vi\0notes on ccr daemon a3f2d8e1\0',
      // 79 ends between the listing and the look
    },
  })
  expect(found(linux)).toEqual([[77, 'ccr daemon a3f2d8e1 openrouter/gpt-4', '/home/a/x=y']])
})

test('Linux: a process whose environment is not ours to read has none', () => {
  const linux = system('linux', {
    folders: { '/proc': ['77'] },
    files: { '/proc/77/cmdline': 'ccr daemon default\0' },
  })
  expect(found(linux)).toEqual([[77, 'ccr daemon default', undefined]])
})

test('macOS: processes come from ps, without their environment', () => {
  const listing = [
    '    1 /sbin/launchd',
    '  501 ccr daemon default',
    '99871 ccr daemon a3f2d8e1 openrouter/gpt-4',
    '99872 -zsh',
    '99873 vi notes on ccr daemon a3f2d8e1',
    '99874 ',
    '',
  ].join('\n')
  const mac = system('darwin', { runs: { 'ps -xwwo pid=,args=': listing } })
  expect(found(mac)).toEqual([
    [501, 'ccr daemon default', undefined],
    [99871, 'ccr daemon a3f2d8e1 openrouter/gpt-4', undefined],
  ])
})

/** A Windows that answers every question to PowerShell with a text; the questions are noted. */
function windows(answer: string, calls: string[] = []): System {
  return {
    ...system('win32', {}),
    run: (program, args) => {
      calls.push([program, ...args].join(' '))
      return answer
    },
  }
}

test('Windows: processes come from the process table; a title is not seen, the arguments are', () => {
  const calls: string[] = []
  const daemon =
    '"C:\\Program Files\\node.exe" C:\\ccr\\main.js __daemon -- "ccr daemon a3f2d8e1 x,y"'
  const listing = ['0 ', '4 ', `4711 ${daemon}`, '4712 C:\\Windows\\explorer.exe', ''].join('\r\n')
  expect(found(windows(listing, calls))).toEqual([[4711, daemon, undefined]])
  expect(calls).toEqual([
    expect.stringMatching(/^powershell\.exe -NoProfile -Command .*Get-CimInstance Win32_Process/),
  ])
})

test.each(['linux', 'darwin', 'win32'] as const)(
  '%s: where nobody can look, nobody is found',
  (platform) => {
    expect(processesLike(/./, system(platform, {}))).toEqual([])
    expect(portHolder(3456, system(platform, {}))).toBeNull()
  },
)

test('macOS: the holder of a port comes from lsof', () => {
  const mac = system('darwin', {
    runs: { 'lsof -nP -iTCP:3456 -sTCP:LISTEN -Fpc': 'p77\ncnginx\nf6\n' },
  })
  expect(portHolder(3456, mac)).toEqual({ pid: 77, name: 'nginx' })
  expect(portHolder(3457, mac)).toBeNull()
})

test('Windows: the holder of a port comes from the table of connections', () => {
  const calls: string[] = []
  expect(portHolder(3456, windows('77 nginx\r\n', calls))).toEqual({ pid: 77, name: 'nginx' })
  expect(calls[0]).toContain('-LocalPort 3456 ')
  expect(portHolder(3456, windows(' \r\n'))).toBeNull()
})

test('this platform lists this process', () => {
  expect(processesLike(/node/).map(({ pid }) => pid)).toContain(process.pid)
})
