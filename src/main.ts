import { answerHelp } from './platform/answerHelp.ts'
import { createLifecycle } from './platform/lifecycle.ts'
import { StartupFault } from './platform/startupFault.ts'
import { createLogger, startTracing } from './platform/telemetry/index.ts'
import { VERSION } from './platform/version.ts'
import { isWorker } from './platform/workers/index.ts'
import { loadConfig } from './roles/config.ts'
import { startEngine } from './roles/engine.ts'

const USAGE = `usage: npm start
Starts the roles of ROLE, all by default, on the servers of DATABASE_URL and AMQP_URL, and brings the database to this
version. Settings are environment variables or stand in .env: docs/settings.md lists them. SIGTERM ends it.`

/** A process of the API ends before the one that waits for it gives it up. */
const WORKER_SHARE = 0.7

answerHelp(USAGE)
try {
  const config = loadConfig(process.env)
  const { logLevel: level, apiProcesses, shutdownDeadlineMs, readsAgain } = config
  const pid = apiProcesses > 1 ? { pid: process.pid } : {}
  const logger = createLogger({ level, service: 'chapar', version: VERSION, ...pid })
  const deadlineMs = isWorker() ? shutdownDeadlineMs * WORKER_SHARE : shutdownDeadlineMs
  const lifecycle = createLifecycle({ logger, deadlineMs, endsOnHangup: !readsAgain })
  const tracing = await startTracing(process.env)
  lifecycle.add({ name: 'tracing', close: () => tracing.close() })
  try {
    await startEngine(config, logger, lifecycle)
  } catch (error) {
    await lifecycle.close()
    throw error
  }
} catch (error) {
  // A fault that the user can correct is printed as plain lines; any other with its stack.
  const theirs = error instanceof StartupFault
  console.error(theirs ? `chapar: ${error.message}` : error)
  process.exit(1)
}
