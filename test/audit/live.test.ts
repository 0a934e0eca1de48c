import assert from 'node:assert/strict'
import { audit } from '../../src/audit/index.ts'
import { recipients, send, topUp } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import { offerLoad } from '../support/load.ts'

describe('the audit of a live system', () => {
  it('gives no false alarm while messages flow', async () => {
    const engine = await startTestEngine()
    await topUp(engine.url, 1, 1_000_000)
    await topUp(engine.url, 2, 1_000)
    await send(engine.url, { customer_id: 1, recipients: recipients(3) })
    await engine.operatorA.admin.change({
      rejectRate: 0.3,
      latency: { kind: 'uniform', minMs: 1, maxMs: 30 },
    })
    const load = offerLoad(engine.url, { customers: [1, 2], concurrency: 8, recipientsPerRequest: 4 })
    const reports = []
    while (reports.length < 10 || load.accepted.length < 200) reports.push(await audit(engine.db))
    await load.stop()
    for (const { violations } of reports) assert.deepEqual(violations, [])
    await engine.drain()
    assert.deepEqual((await audit(engine.db)).violations, [])
    await engine.stop()
  })
})
