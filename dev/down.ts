import { answerHelp } from './commands/help.ts'
import { withLock } from './stack/lock.ts'
import { LOCK_FILE } from './stack/state.ts'
import { takeDown } from './stack/takeDown.ts'

// make down: stops what make up started and keeps its data.

answerHelp('down')
try {
  const stopped = await withLock(LOCK_FILE, () => takeDown(console.log))
  console.log(stopped.length > 0 ? `stopped ${stopped.join(', ')}` : 'nothing was running')
} catch (error) {
  console.error(`make down: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
