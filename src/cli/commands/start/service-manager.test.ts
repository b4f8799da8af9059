import { describe, expect, it } from 'vitest'
import { serviceManager, type Surroundings } from './service-manager.ts'

function managerOf(parts: Partial<Surroundings>, parent = '/bin/bash'): string | undefined {
  return serviceManager({
    env: {},
    pid: 500,
    ppid: 400,
    isTerminal: false,
    commandOf: () => parent,
    unitType: () => null,
    ...parts,
  })
}

const SYSTEMD = { SYSTEMD_EXEC_PID: '500', INVOCATION_ID: 'a' }
const SUPERVISOR = { SUPERVISOR_ENABLED: '1', SUPERVISOR_PROCESS_NAME: 'ccr' }
const PM2 = { PM2_HOME: '/root/.pm2', pm_id: '0' }

describe('the manager that started ccr itself', () => {
  it.each<[string, Partial<Surroundings>, string, string | undefined]>([
    ['a shell', {}, 'bash', undefined],
    ['a container', { pid: 1, ppid: 0 }, '', 'a container'],
    ['a shell that has ended', { pid: 7, ppid: 1 }, '/sbin/tini -- sh', undefined],
    ['the init of a machine', { ppid: 1 }, '/sbin/init splash', undefined],
    ['systemd', { env: SYSTEMD }, '', 'systemd'],
    ['a simple unit', { env: SYSTEMD, unitType: () => 'simple' }, '', 'systemd'],
    ['a oneshot unit', { env: SYSTEMD, unitType: () => 'oneshot' }, '', undefined],
    ['a forking unit', { env: SYSTEMD, unitType: () => 'forking' }, '', undefined],
    ['a shell of a service', { env: { ...SYSTEMD, SYSTEMD_EXEC_PID: '400' } }, 'sh', undefined],
    ['supervisord', { env: SUPERVISOR }, 'python3 /usr/bin/supervisord -n', 'supervisord'],
    ['a shell below supervisord', { env: SUPERVISOR }, 'sh -c ccr start', undefined],
    ['pm2', { env: PM2 }, 'PM2 v5.4.2: God Daemon (/root/.pm2)', 'pm2'],
    ['a shell below pm2', { env: PM2 }, '/bin/zsh', undefined],
    ['a process that is gone', { env: PM2, commandOf: () => null }, '', undefined],
  ])('%s', (_, parts, parent, expected) => {
    expect(managerOf(parts, parent)).toBe(expected)
    expect(managerOf({ ...parts, isTerminal: true }, parent)).toBeUndefined()
  })
})
