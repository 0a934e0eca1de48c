// Run by lifecycle.test.ts as a process of its own.
import { createLifecycle } from '../../src/platform/lifecycle.ts'
import { createLogger } from '../../src/platform/telemetry/index.ts'

const [mode] = process.argv.slice(2)
const logger = createLogger({ level: 'info', service: 'chapar', version: '0.0.0' })
const lifecycle = createLifecycle({ logger, deadlineMs: 60_000 })
const keepAlive = setInterval(() => {}, 60_000)

lifecycle.add({
  name: 'part',
  close: async () => {
    if (mode === 'hanging') await new Promise(() => {})
    clearInterval(keepAlive)
    logger.info('part closed')
  },
})
logger.info('up')
if (mode === 'throws') {
  setImmediate(() => {
    throw new Error('not caught')
  })
}
if (mode === 'rejects') void Promise.reject(new Error('not caught'))
