// Run by tracing.test.ts as a process of its own: serves one request and tells what trace it saw.
import { createRequire } from 'node:module'
import { PassThrough } from 'node:stream'
import { createApp, listen } from '../../../src/platform/http/index.ts'
import type { Route } from '../../../src/platform/http/index.ts'
import {
  createLogger,
  createMetrics,
  currentTraceparent,
  startTracing,
} from '../../../src/platform/telemetry/index.ts'

const tracing = await startTracing(process.env)
const log = new PassThrough()
const logger = createLogger({ level: 'info', service: 'chapar', version: '0.0.0', stream: log })
const route: Route = {
  method: 'get',
  path: '/traced',
  access: 'public',
  async handle(request, response) {
    await new Promise((resolve) => setImmediate(resolve))
    logger.info('handled')
    response.json({ traceparent: currentTraceparent(request.get('traceparent')) ?? null })
  },
}
const metrics = createMetrics({ withRuntime: false })
const app = createApp({ logger, metrics, routes: [route], bodyBytesMax: 1_024 })
const listener = await listen(app, { host: '127.0.0.1', port: 0 }, logger)

const [incoming] = process.argv.slice(2)
const headers = incoming === undefined ? {} : { traceparent: incoming }
const response = await fetch(`${listener.url}/traced?id=7&secret=hush-hush`, { headers })
const { traceparent } = (await response.json()) as { traceparent: string | null }
await listener.close(1_000)
await tracing.close()
// A CommonJS dependency of the SDK's: the SDK's own ES modules leave no trace that a program can see.
const { cache } = createRequire(import.meta.url)
const sdkLoaded = Object.keys(cache).some((file) => file.includes('require-in-the-middle'))
const lines = String(log.read() ?? '')
  .split('\n')
  .filter((line) => line.includes('"handled"') || line.includes('"request"'))
  .map((line) => JSON.parse(line) as unknown)
console.log(JSON.stringify({ traceparent, on: tracing.on, sdkLoaded, lines }))
// As the program does at the end of its life: the SDK may still be retrying.
process.exit(0)
