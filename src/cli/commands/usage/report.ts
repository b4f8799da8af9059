import type { Group, Grouping, Span, Sum } from '../../../store/usage.ts'

/** What `ccr usage` shows. */
export interface Report {
  readonly by: Grouping
  readonly span: Span
  readonly groups: readonly Group[]
  readonly total: Sum
}
