// Run by tracing.test.ts as a process of its own: makes steps of several requests.
import { inStep, recordStep, startStep, startTracing } from '../../../src/platform/telemetry/index.ts'

const tracing = await startTracing(process.env)
const traced = (id: string, flags = '01') => ({
  smsIdentifier: `message-${id}`,
  traceparent: `00-${id.repeat(32)}-${id.repeat(16)}-${flags}`,
})
const batch = startStep('batch', [
  traced('1'),
  { smsIdentifier: 'message-without' },
  traced('3', '00'),
  { smsIdentifier: 'message-malformed', traceparent: '00-4-5-01' },
  traced('2'),
  traced('1'),
])
batch.end((id) => {
  const result = id === 'message-1' ? 'good' : 'bad'
  return { attributes: { 'chapar.result': result }, error: result === 'bad' ? result : undefined }
})
await inStep('failed', [traced('1')], {}, () => Promise.reject(new RangeError('too far'))).catch(() => {})
recordStep('wait', [traced('1')], { startedAgoMs: 1_500 })
await tracing.close()
console.log('{}')
process.exit(0)
