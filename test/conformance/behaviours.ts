/** All behaviours: the lines of the conformance table. */
import type { Behaviour } from './behaviour.ts'
import { ANSWERS } from './behaviours/answers.ts'
import { DOCUMENTS } from './behaviours/documents.ts'
import { ERRORS } from './behaviours/errors.ts'
import { MEDIA } from './behaviours/media.ts'
import { REASONING } from './behaviours/reasoning.ts'
import { REQUESTS } from './behaviours/requests.ts'
import { STREAMS } from './behaviours/streams.ts'
import { TOOLS } from './behaviours/tools.ts'

export const BEHAVIOURS: readonly Behaviour[] = [
  ...REQUESTS,
  ...TOOLS,
  ...MEDIA,
  ...ANSWERS,
  ...DOCUMENTS,
  ...REASONING,
  ...ERRORS,
  ...STREAMS,
]
