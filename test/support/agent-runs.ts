/** Records of agent comparisons, written by hand. */
import type { ModelRecord, RunRecord } from '../../src/cli/commands/compare/agent/record.ts'

export function agentRecord(letter: string, more: Partial<ModelRecord> = {}): ModelRecord {
  return {
    letter,
    name: `model ${letter}`,
    preference: `model ${letter}`,
    sample: null,
    label: letter.toLowerCase(),
    model: 'p,m',
    sessionId: 'x',
    branch: `ccr/compare/abc123/${letter.toLowerCase()}`,
    worktree: '',
    state: 'done',
    error: null,
    ms: 60_000,
    turns: 3,
    tools: 5,
    denied: 0,
    usage: null,
    costUsd: null,
    finalMessage: '',
    commit: null,
    files: [{ path: 'a.txt', added: 1, deleted: 0 }],
    note: '',
    verified: null,
    ...more,
  }
}

export function runRecord(
  models: readonly ModelRecord[],
  more: Partial<RunRecord> = {},
): RunRecord {
  return {
    version: 1,
    id: 'abc123',
    root: '/nonexistent',
    base: 'f00',
    withChanges: false,
    task: 'the task',
    verify: null,
    startedAt: '2026-01-01T00:00:00Z',
    state: 'done',
    pid: 1,
    processStart: null,
    models,
    verdict: null,
    applied: null,
    ...more,
  }
}
