// Run by tracing.test.ts as a process of its own: ends more spans than the queue holds, and tells what the counter says.
import {
  createMetrics,
  readCounter,
  recordStep,
  startTracing,
} from '../../../src/platform/telemetry/index.ts'
import { eventually } from '../../support/eventually.ts'

const SPANS = 50
const tracing = await startTracing(process.env)
const { registry } = createMetrics({ withRuntime: true })
const count = (reason: string) => readCounter(registry, 'chapar_spans_dropped_total', { reason })
const traceparent = `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01`
for (let id = 0; id < SPANS; id++) recordStep('step', [{ smsIdentifier: String(id), traceparent }])
const queueFull = await count('queue_full')
// Half of the queue's places are of spans that are being exported.
if (tracing.on)
  await eventually(
    'the others were given up',
    async () => queueFull + (await count('export_failed')) === SPANS,
  )
const exportFailed = await count('export_failed')
await tracing.close()
const after = [await count('queue_full'), await count('export_failed')]
console.log(JSON.stringify({ queueFull, exportFailed, after }))
process.exit(0)
