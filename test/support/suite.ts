import { clearGround, layGround } from './servers.ts'
import { stopSimulators } from './simulators.ts'

// Mocha calls these once around all test files.
export async function mochaGlobalSetup(): Promise<void> {
  await layGround()
}

export async function mochaGlobalTeardown(): Promise<void> {
  await stopSimulators()
  await clearGround()
}
