import assert from 'node:assert/strict'
import { createMetrics } from '../../../src/platform/telemetry/index.ts'

describe('the metrics', () => {
  it('tell of requests and of the process, its event-loop lag included', async () => {
    const { registry, httpDuration } = createMetrics({ withRuntime: true })
    httpDuration.observe({ method: 'GET', route: '/balance', status: '200' }, 0.003)
    const text = await registry.metrics()
    assert.match(
      text,
      /^http_request_duration_seconds_count\{method="GET",route="\/balance",status="200"\} 1$/m,
    )
    assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m)
    assert.match(text, /^process_cpu_seconds_total /m)
  })

  it('tell which version runs', async () => {
    const text = await createMetrics({ withRuntime: false }).registry.metrics()
    assert.match(text, /^chapar_build_info\{version="\d+\.\d+\.\d+",node_version="v24[.\d]+"\} 1$/m)
  })

  it('name nothing _total that is not a counter: the Prometheus linter refuses it', async () => {
    const { registry } = createMetrics({ withRuntime: true })
    const types = [...(await registry.metrics()).matchAll(/^# TYPE (\S+) (\S+)$/gm)]
    assert.ok(types.length > 10)
    for (const [, name = '', type] of types) {
      assert.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`)
    }
  })

  it('belong to one registry: two engines in a process do not add up', async () => {
    const [one, other] = [createMetrics({ withRuntime: false }), createMetrics({ withRuntime: false })]
    one.httpDuration.observe({ method: 'GET', route: '/balance', status: '200' }, 0.003)
    assert.doesNotMatch(await other.registry.metrics(), /\/balance/)
  })
})
