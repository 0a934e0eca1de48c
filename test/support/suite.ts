import { takeCoverage } from 'node:v8'
import { killStarted } from '../../dev/processes/watchdog.ts'
import { fetchTestServers, startTestServers, stopTestServers } from './servers.ts'
import { stopSimulators } from './simulators.ts'

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const
/** Set by dev/test.ts: the files are divided among processes of mocha, each of which has servers of its own. */
const isDivided = process.env['CHAPAR_TESTS_DIVIDED'] === 'true'
const START_TIMEOUT_MS = 300_000
/** Mocha gives a process one second to end, and writing what it covered may take longer. */
const COVERAGE_EVERY_MS = 30_000
let coveredAtMs = performance.now()
let isEnding = false
let started: Promise<void> | undefined

// Mocha calls these two once around all test files, and does not call the second one after a signal. The processes among
// which files are divided call neither, and end with the servers that they started.
export async function mochaGlobalSetup(): Promise<void> {
  for (const [signal, code] of Object.entries(SIGNALS)) process.once(signal, () => void endEarly(code))
  await (isDivided ? fetchTestServers() : startTestServers()).catch((error: unknown) => {
    // The interrupt stopped what was starting; that is no fault to report.
    if (isEnding) return new Promise<never>(() => {})
    throw error
  })
}

export async function mochaGlobalTeardown(): Promise<void> {
  await stopSimulators()
  await stopTestServers()
}

/** Called before each file where files are divided, else once. */
export const mochaHooks = {
  async beforeAll(this: Mocha.Context) {
    if (!isDivided) return
    this.timeout(START_TIMEOUT_MS)
    started ??= startTestServers()
    await started
  },
  afterAll() {
    if (!isDivided || performance.now() - coveredAtMs < COVERAGE_EVERY_MS) return
    takeCoverage()
    coveredAtMs = performance.now()
  },
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
