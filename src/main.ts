import { createLifecycle } from './platform/lifecycle.ts'
import { StartupFault } from './platform/startupFault.ts'
import { createLogger, startTracing } from './platform/telemetry/index.ts'
import { VERSION } from './platform/version.ts'
import { loadConfig } from './roles/config.ts'
import { startEngine } from './roles/engine.ts'

try {
  const config = loadConfig(process.env)
  const logger = createLogger({ level: config.logLevel, service: 'chapar', version: VERSION })
  const lifecycle = createLifecycle({ logger, deadlineMs: config.shutdownDeadlineMs })
  const tracing = await startTracing(process.env)
  lifecycle.add({ name: 'tracing', close: () => tracing.close() })
  try {
    await startEngine(config, logger, lifecycle)
  } catch (error) {
    await lifecycle.close()
    throw error
  }
} catch (error) {
  // What the user can mend is said in plain lines; anything else is a fault of ours, with its stack.
  const theirs = error instanceof StartupFault
  console.error(theirs ? `chapar: ${error.message}` : error)
  process.exit(1)
}
