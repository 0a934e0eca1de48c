import assert from 'node:assert/strict'
import request from 'supertest'
import { opsRoutes } from '../../../src/platform/http/index.ts'
import type { ReadinessCheck } from '../../../src/platform/http/index.ts'
import { readyRoute } from '../../../src/platform/http/readiness.ts'
import { createMetrics } from '../../../src/platform/telemetry/index.ts'
import { testApp } from '../../support/app.ts'

const fine: ReadinessCheck = { name: 'database', run: () => Promise.resolve() }

function opsApp(checks: ReadinessCheck[]) {
  const { registry } = createMetrics({ withRuntime: true })
  return testApp(opsRoutes({ version: '1.2.3', roles: ['api', 'relay'], checks, registry }))
}

describe('GET /healthz', () => {
  it('tells the version and the roles, and lives on when nothing else does', async () => {
    const { app } = opsApp([{ name: 'database', run: () => Promise.reject(new Error('away')) }])
    const response = await request(app)
      .get('/healthz')
      .expect(200)
      .expect('Content-Type', /^application\/json/)
    const { uptime_seconds, ...rest } = response.body as { uptime_seconds: number }
    assert.deepEqual(rest, { status: 'ok', version: '1.2.3', roles: ['api', 'relay'] })
    assert.ok(Number.isInteger(uptime_seconds))
  })
})

describe('GET /readyz', () => {
  it('is 200 when every check passes', async () => {
    const response = await request(opsApp([fine]).app)
      .get('/readyz')
      .expect(200)
    assert.deepEqual(response.body, { status: 'ready', checks: [{ name: 'database', ok: true }] })
  })

  it('is 503 when one fails, and lists each without telling more than a code', async () => {
    const refused = Object.assign(new Error('connect 10.1.2.3:3306 as root'), { code: 'ECONNREFUSED' })
    const broker = { name: 'broker', run: () => Promise.reject(refused) }
    const odd = { name: 'odd', run: () => Promise.reject(new Error('secret')) }
    const response = await request(opsApp([fine, broker, odd]).app)
      .get('/readyz')
      .expect(503)
    assert.deepEqual(response.body, {
      status: 'not_ready',
      checks: [
        { name: 'database', ok: true },
        { name: 'broker', ok: false, reason: 'ECONNREFUSED' },
        { name: 'odd', ok: false, reason: 'failed' },
      ],
    })
  })

  it('does not wait for a check that hangs, nor start it again while it does', async () => {
    let runs = 0
    let end = () => {}
    const hanging: ReadinessCheck = {
      name: 'database',
      run: () => {
        runs++
        return new Promise((resolve) => (end = resolve))
      },
    }
    const { app } = testApp([readyRoute([hanging], 5)])
    for (let i = 0; i < 3; i++) {
      const { body } = (await request(app).get('/readyz').expect(503)) as { body: unknown }
      assert.deepEqual(body, {
        status: 'not_ready',
        checks: [{ name: 'database', ok: false, reason: 'timeout' }],
      })
    }
    assert.equal(runs, 1)
    end()
    await request(app).get('/readyz').expect(503)
    assert.equal(runs, 2)
    end()
  })

  it('leaves no line in the log at the default level while all is well', async () => {
    const { app, log } = opsApp([fine])
    for (const path of ['/healthz', '/readyz', '/metrics']) await request(app).get(path).expect(200)
    assert.equal(log.text(), '')
  })
})

describe('GET /metrics', () => {
  it('answers in the text format of Prometheus', async () => {
    const response = await request(opsApp([]).app).get('/metrics').expect(200)
    assert.equal(response.get('Content-Type'), 'text/plain; version=0.0.4; charset=utf-8')
    assert.match(response.text, /^# TYPE http_request_duration_seconds histogram$/m)
  })
})
