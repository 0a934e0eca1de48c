import { stopTestServers, startTestServers } from './servers.ts'
import { stopSimulators } from './simulators.ts'

// Mocha calls these once around all test files.
export async function mochaGlobalSetup(): Promise<void> {
  await startTestServers()
}

export async function mochaGlobalTeardown(): Promise<void> {
  await stopSimulators()
  await stopTestServers()
}
