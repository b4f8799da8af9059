/** The servers that `npm run test:real` knows, in the order in which they run. */
import type { RealServer } from '../server.ts'
import { litellm } from './litellm.ts'
import { llamaCppPython } from './llama-cpp-python.ts'
import { llama } from './llama.ts'
import { ollama } from './ollama.ts'

export const SERVERS: readonly RealServer[] = [llama, llamaCppPython, ollama, litellm]
