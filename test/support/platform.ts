/** Runs a test as another platform, as far as the code under test looks at `process.platform`. */
import { onTestFinished } from 'vitest'

/** Until the end of the test. */
export function onPlatform(name: NodeJS.Platform): void {
  const { platform } = process
  Object.defineProperty(process, 'platform', { value: name })
  onTestFinished(() => void Object.defineProperty(process, 'platform', { value: platform }))
}
