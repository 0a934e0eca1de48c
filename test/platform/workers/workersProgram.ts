// Run by openWorkers.test.ts as a process of its own, which starts itself again.
import cluster from 'node:cluster'
import { createLifecycle } from '../../../src/platform/lifecycle.ts'
import { StartupFault } from '../../../src/platform/startupFault.ts'
import { createLogger } from '../../../src/platform/telemetry/index.ts'
import { isWorker, openSupervisor, openWorkers } from '../../../src/platform/workers/index.ts'

const [mode] = process.argv.slice(2)
const logger = createLogger({ level: 'info', service: 'chapar', version: '0.0.0', pid: process.pid })
const lifecycle = createLifecycle({ logger, deadlineMs: mode === 'hanging' ? 1_000 : 60_000 })

async function supervise(): Promise<void> {
  if (mode === 'nowhere') cluster.setupPrimary({ cwd: '/nonexistent' })
  let numbers = 0
  const workers = openWorkers({
    count: 2,
    logger,
    answers: { number: () => ++numbers },
    onEnd: (id) => logger.info('gone', { id }),
  })
  lifecycle.add({ name: 'workers', takesWork: true, close: (deadlineMs) => workers.close(deadlineMs) })
  try {
    logger.info('all up', { said: await workers.start() })
  } catch (error) {
    await lifecycle.close()
    logger.info('not up', { is_startup_fault: error instanceof StartupFault })
    process.exit(1)
  }
}

async function work(): Promise<void> {
  const stop = () => (mode === 'hanging' ? undefined : void lifecycle.end())
  const supervisor = openSupervisor({ stop })
  const number = (await supervisor.ask('number')) as number
  if (mode === 'first fails' || (mode === 'second fails' && number === 2)) process.exit(3)
  if (mode === 'first waits') logger.info('waiting')
  else await supervisor.ready(`number ${number}`)
}

await (isWorker() ? work() : supervise())
