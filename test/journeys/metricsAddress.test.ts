import assert from 'node:assert/strict'
import type { Program } from '../../dev/stack/programs.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import {
  allServe,
  ask,
  assertComesTo,
  linesOf,
  startSeveral,
  valueOf,
  workersOf,
} from './severalProcesses.ts'

const METRICS_LISTEN_ADDR = '127.0.0.1:0'
const REQUESTS = 12

describe('metrics at an address of their own', () => {
  let engine: TestEngine
  let metricsUrl: string
  before(async () => {
    engine = await startTestEngine({ env: { METRICS_LISTEN_ADDR } })
    const line = engine.log.lines().find(({ message }) => message === 'serving metrics')
    metricsUrl = String(line?.['url'])
  })
  after(() => engine.stop())

  it('are served there, and the API is not', async () => {
    assert.notEqual(metricsUrl, engine.url)
    assert.match((await ask(`${metricsUrl}/metrics`)).text, /^chapar_build_info\{/m)
    assert.equal((await ask(`${metricsUrl}/balance?user_id=1`)).status, 404)
  })

  it('are not served beside the API', async () => {
    assert.equal((await ask(`${engine.url}/metrics`)).status, 404)
    assert.doesNotMatch((await ask(`${engine.url}/openapi.json`)).text, /"\/metrics"/)
  })

  it('have health and readiness beside them, which both addresses serve', async () => {
    for (const url of [metricsUrl, engine.url])
      for (const path of ['healthz', 'readyz'])
        await assertComesTo(200, async () => (await ask(`${url}/${path}`)).status)
  })
})

describe('metrics of several API processes at an address of their own', () => {
  let stack: Stack
  let engine: Program
  beforeEach(async () => {
    stack = await freshStack()
    engine = await startSeveral(stack, { env: { METRICS_LISTEN_ADDR } })
    await allServe(engine)
  })
  afterEach(async () => {
    await engine.kill()
    await stack.drop()
  })

  it('are served once, by the first process, and count all of them', async () => {
    const [line, ...more] = linesOf(engine, 'serving metrics')
    assert.deepEqual([line?.['pid'], more.length], [engine.pid, 0])
    for (let times = 0; times < REQUESTS; times++) await ask(`${engine.url}/healthz`)
    const metricsUrl = String(line?.['url'])
    const series = 'http_request_duration_seconds_count{method="GET",route="/healthz",status="200"}'
    await assertComesTo(REQUESTS, async () => valueOf((await ask(`${metricsUrl}/metrics`)).text, series))
    assert.equal(workersOf(engine).length, 2)
    await assertComesTo(200, async () => (await ask(`${metricsUrl}/readyz`)).status)
    assert.equal((await ask(`${engine.url}/metrics`)).status, 404)
  })
})
