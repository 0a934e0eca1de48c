import assert from 'node:assert/strict'
import { describeTrace } from '../../../dev/trace/describeTrace.ts'
import { spanOf } from './spanOf.ts'

describe('a trace in words', () => {
  const request = spanOf({
    ...{
      spanId: 'r',
      parentSpanId: 'client',
      name: 'POST /v1/messages',
      endMs: 12.25,
      service: 'chapar-api 7',
    },
    attributes: { 'http.response.status_code': 202 },
  })
  const child = (spanId: string, startMs: number, more: Parameters<typeof spanOf>[0]) =>
    spanOf({ spanId, parentSpanId: 'r', startMs, endMs: startMs + 1, messageId: 'mine', ...more })

  it('is a tree in the order of time, with process, duration and result of each step', () => {
    const spans = [
      child('s', 40, {
        ...{ name: 'submit north', isError: true, service: 'chapar-consumer 8' },
        attributes: { 'chapar.result': 'unavailable', 'chapar.breaker': 'closed' },
      }),
      child('a', 1, { name: 'accept', service: 'chapar-api 7', links: [{ traceId: 't2', spanId: 'x' }] }),
      spanOf({ spanId: 'inner', parentSpanId: 'a', name: 'inner', startMs: 2, endMs: 2.5 }),
      request,
    ]
    assert.deepEqual(describeTrace('mine', spans), [
      'trace t1: 4 spans of 3 processes, from 1970-01-01T00:00:00.000Z',
      "continues the client's span client",
      '',
      '      0.0 ms      12.3 ms  chapar-api 7       POST /v1/messages  202',
      '      1.0 ms       1.0 ms  chapar-api 7       ├─ accept  1 link',
      '      2.0 ms       0.5 ms  chapar 1           │  └─ inner',
      '     40.0 ms       1.0 ms  chapar-consumer 8  └─ submit north  unavailable  breaker closed  ERROR',
    ])
  })

  it('leaves out what is about other messages of the same request', () => {
    const lines = describeTrace('mine', [request, child('a', 1, {}), child('b', 2, { messageId: 'other' })])
    assert.equal(lines.filter((line) => line.includes('step')).length, 1)
  })
})
