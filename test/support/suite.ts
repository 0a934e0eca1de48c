import { killStarted } from '../../dev/processes/watchdog.ts'
import { stopTestServers, startTestServers } from './servers.ts'
import { stopSimulators } from './simulators.ts'

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const
let isEnding = false

// Mocha calls these once around all test files, and does not call the second one after a signal.
export async function mochaGlobalSetup(): Promise<void> {
  for (const [signal, code] of Object.entries(SIGNALS)) process.once(signal, () => void endEarly(code))
  await startTestServers().catch((error: unknown) => {
    // The interrupt stopped what was starting; that is no fault to report.
    if (isEnding) return new Promise<never>(() => {})
    throw error
  })
}

export async function mochaGlobalTeardown(): Promise<void> {
  await stopSimulators()
  await stopTestServers()
}

/** Processes of the interrupted test still run; its private servers hold nothing worth a clean stop. */
async function endEarly(code: number): Promise<void> {
  isEnding = true
  try {
    await killStarted()
    await mochaGlobalTeardown()
  } finally {
    process.exit(code)
  }
}
