import assert from 'node:assert/strict'
import {
  Counter,
  Gauge,
  Histogram,
  Registry,
  createMetrics,
  sumMetrics,
  takeSnapshot,
} from '../../../src/platform/telemetry/index.ts'
import type { MetricsSnapshot, MetricsSum } from '../../../src/platform/telemetry/index.ts'

/** The metrics of one process, and what it says of them over the channel to another. */
function processOf() {
  const registry = new Registry()
  const registers = [registry]
  const requests = new Counter({ name: 'requests_total', help: 'Requests', labelNames: ['route'], registers })
  const open = new Gauge({ name: 'connections', help: 'Open ones', labelNames: ['pool'], registers })
  const duration = new Histogram({
    name: 'duration_seconds',
    help: 'How long',
    labelNames: ['route'],
    buckets: [0.1, 1],
    registers,
  })
  return {
    requests,
    open,
    duration,
    snapshot: async () => JSON.parse(JSON.stringify(await takeSnapshot(registry))) as MetricsSnapshot,
  }
}

async function linesOf(sum: MetricsSum, name: string): Promise<string[]> {
  const lines = (await sum.text()).split('\n')
  return lines.filter((line) => line.startsWith(name))
}

describe('the metrics of several processes', () => {
  it('are the sum of what each last said, series by series', async () => {
    const sum = sumMetrics()
    const [one, other] = [processOf(), processOf()]
    one.requests.inc({ route: '/balance' }, 2)
    other.requests.inc({ route: '/balance' }, 3)
    other.requests.inc({ route: '/sms/send' }, 4)
    one.open.set({ pool: 'requests' }, 5)
    other.open.set({ pool: 'requests' }, 6)
    sum.keep(1, await one.snapshot())
    sum.keep(2, await other.snapshot())
    assert.deepEqual(await linesOf(sum, 'requests_total'), [
      'requests_total{route="/balance"} 5',
      'requests_total{route="/sms/send"} 4',
    ])
    assert.deepEqual(await linesOf(sum, 'connections'), ['connections{pool="requests"} 11'])

    one.requests.inc({ route: '/balance' })
    one.open.set({ pool: 'requests' }, 1)
    sum.keep(1, await one.snapshot())
    assert.deepEqual(await linesOf(sum, 'requests_total{route="/balance"}'), [
      'requests_total{route="/balance"} 6',
    ])
    assert.deepEqual(await linesOf(sum, 'connections'), ['connections{pool="requests"} 7'])
  })

  it('have histograms that are right as a whole: buckets, sum and count', async () => {
    const sum = sumMetrics()
    const [one, other] = [processOf(), processOf()]
    one.duration.observe({ route: '/balance' }, 0.0625)
    other.duration.observe({ route: '/balance' }, 0.5)
    other.duration.observe({ route: '/balance' }, 8)
    sum.keep(1, await one.snapshot())
    sum.keep(2, await other.snapshot())
    assert.deepEqual(await linesOf(sum, 'duration_seconds'), [
      'duration_seconds_bucket{le="0.1",route="/balance"} 1',
      'duration_seconds_bucket{le="1",route="/balance"} 2',
      'duration_seconds_bucket{le="+Inf",route="/balance"} 3',
      'duration_seconds_sum{route="/balance"} 8.5625',
      'duration_seconds_count{route="/balance"} 3',
    ])
  })

  it('keep the counts of a process that has ended, and not its connections', async () => {
    const sum = sumMetrics()
    const lives = processOf()
    lives.requests.inc({ route: '/balance' }, 1)
    lives.open.set({ pool: 'requests' }, 1)
    sum.keep(1, await lives.snapshot())
    // More than one, because what is kept of the first has to outlast the second.
    for (const id of [2, 3, 4]) {
      const ends = processOf()
      ends.requests.inc({ route: '/balance' }, 10)
      ends.duration.observe({ route: '/balance' }, 0.5)
      ends.open.set({ pool: 'requests' }, 7)
      sum.keep(id, await ends.snapshot())
      const before = await linesOf(sum, 'requests_total')
      sum.settle(id)
      assert.deepEqual(await linesOf(sum, 'requests_total'), before)
      assert.deepEqual(await linesOf(sum, 'connections'), ['connections{pool="requests"} 1'])
    }
    assert.deepEqual(await linesOf(sum, 'requests_total'), ['requests_total{route="/balance"} 31'])
    assert.deepEqual(await linesOf(sum, 'duration_seconds_count'), [
      'duration_seconds_count{route="/balance"} 3',
    ])
    assert.deepEqual(await linesOf(sum, 'duration_seconds_bucket{le="+Inf"'), [
      'duration_seconds_bucket{le="+Inf",route="/balance"} 3',
    ])
  })

  it('do not change when one ends that never said anything', async () => {
    const sum = sumMetrics()
    const lives = processOf()
    lives.requests.inc({ route: '/balance' }, 1)
    sum.keep(1, await lives.snapshot())
    const before = await sum.text()
    sum.settle(2)
    assert.equal(await sum.text(), before)
  })

  it('say help and type of each once, and of the runtime what can be said of several', async () => {
    const sum = sumMetrics()
    for (const id of [0, 1, 2]) {
      const { registry, httpDuration } = createMetrics({ withRuntime: true })
      httpDuration.observe({ method: 'GET', route: '/balance', status: '200' }, 0.003)
      sum.keep(id, await takeSnapshot(registry))
    }
    sum.settle(2)
    const text = await sum.text()
    const families = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name)
    assert.equal(new Set(families).size, families.length)
    assert.equal([...text.matchAll(/^# HELP (\S+) \S/gm)].length, families.length)
    assert.match(
      text,
      /^http_request_duration_seconds_count\{method="GET",route="\/balance",status="200"\} 3$/m,
    )
    assert.match(text, /^process_cpu_seconds_total \d/m)
    const version = process.version.replaceAll('.', '\\.')
    assert.match(text, new RegExp(`^nodejs_version_info\\{version="${version}",.*\\} 1$`, 'm'))
    assert.ok(!text.includes('process_start_time_seconds'))
  })
})
