import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { drainEvents } from '../../chaos/endpoints/drainEvents.ts'
import type { Hook } from '../../chaos/endpoints/endpointServer.ts'
import type { CustomerEvents } from '../../chaos/endpoints/customerEvents.ts'
import { look } from '../support/arrange.ts'
import { says, startEndpoint } from '../webhooks/endpointServer.ts'
import type { EndpointServer } from '../webhooks/endpointServer.ts'
import { openWebhookBench } from '../webhooks/webhookBench.ts'
import type { WebhookBench } from '../webhooks/webhookBench.ts'

describe('the wait for events at the end of a chaos run', () => {
  const CUSTOMER = 1
  let bench: WebhookBench
  let server: EndpointServer
  let endpointId: string
  beforeEach(async () => {
    bench = await openWebhookBench()
    server = await startEndpoint(says(500))
    endpointId = (await bench.addEndpoint(CUSTOMER, { url: server.url })).id
    await bench.send(CUSTOMER, 3)
  })
  afterEach(async () => {
    await server.close()
    await bench.close()
  })

  /** The relay's work goes on until the wait is over. */
  const drain = async (kind: Hook['kind']) => {
    const hook: Hook = { url: server.url, kind, got: new Map(), trust: () => {} }
    const hooks = [{ hook, endpointId, position: 0, types: null }]
    const events: CustomerEvents = { hooks, callbacks: new Map(), drawCallback: () => undefined }
    let isOver = false
    const draining = drainEvents(bench.db, new Map([[CUSTOMER, events]]), () => {}).finally(
      () => (isOver = true),
    )
    while (!isOver) await bench.deliver()
    return draining
  }
  const delivered = async () =>
    (await bench.deliveries(endpointId)).filter(({ status }) => status === 'delivered').length

  it('ends the waits between attempts of an endpoint that lives, and lasts until it has every event', async () => {
    await bench.deliver()
    assert.equal(await delivered(), 0)
    server.answers(says(204))
    assert.deepEqual(await drain('flapping'), [])
    assert.equal(await delivered(), 3)
  })

  it('follows a process that died', async () => {
    server.answers(says(204))
    const claim = (leftSeconds: number) =>
      look(
        bench.db,
        sql`UPDATE webhook_endpoints SET owner = REPEAT('o', 8), due_at = NOW(3) + INTERVAL ${leftSeconds} SECOND`,
      )
    await claim(40)
    assert.deepEqual(await drain('good'), [])
    assert.equal(await delivered(), 3)
  })

  it('waits for numbers alone where no endpoint lives', async () => {
    assert.deepEqual(await drain('hanging'), [])
    const [left] = await look(bench.db, sql<{ n: number }>`SELECT COUNT(*) AS n FROM event_queue`)
    assert.equal(Number(left?.n), 0)
  })
})
