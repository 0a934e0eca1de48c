import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { send, topUp } from '../support/api.ts'
import { look } from '../support/arrange.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { freshSimulators } from '../support/simulators.ts'
import { AT_ONCE, assertExact, foldAll } from '../reports/recount.ts'

const ADMIN_KEY = 'admin-key-of-the-routing-journey-01234'
const CUSTOMER = 1

describe('routes by weight, cost and health in a running engine', () => {
  let folder: string
  let engine: TestEngine
  let simulators: Awaited<ReturnType<typeof freshSimulators>>
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chapar-routing-'))
    simulators = await freshSimulators()
    const [a, b] = simulators
    const path = join(folder, 'operators.yml')
    writeFileSync(
      path,
      `operators:
  - { name: a, url: "${a.url}", prices: [{ prefix: 98, price: 3 }], receipts: { poll: { every: 1s, for: 1h } } }
  - { name: b, url: "${b.url}", prices: [{ prefix: 98, price: 5 }, { prefix: 44, price: 2 }], receipts: { poll: { every: 1s } } }
routes:
  - { prefix: 98912, operators: [a, b], strategy: weighted, weights: { a: 50, b: 50 } }
  - { prefix: 98, operators: [b, a], strategy: least_cost }
  - { prefix: 44, operators: [a, b], health: true }
`,
    )
    const byUrl = { OPERATOR_A_URL: '', OPERATOR_B_URL: '' }
    engine = await startTestEngine({ env: { ...byUrl, OPERATORS_FILE: path, ADMIN_API_KEY: ADMIN_KEY } })
    await topUp(engine.url, CUSTOMER, 10_000_000)
  })
  after(async () => {
    await engine.stop()
    rmSync(folder, { recursive: true })
    await freshSimulators()
  })

  /** Whose deliveries the operators say when they are asked. */
  const polled: string[] = []
  const numbers = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, number) => `+${prefix}${(1_000_000 + number).toString()}`)
  const sendTo = async (prefix: string, count: number) => {
    const { sms_identifier: id } = await send(engine.url, {
      customer_id: CUSTOMER,
      recipients: numbers(prefix, count),
    })
    await engine.drain()
    return id.replaceAll('-', '')
  }
  const providersOf = async (id: string) => {
    const rows = await look(
      engine.db,
      sql<{ provider: string; messages: number; cost: string | null; delivered: string }>`SELECT provider,
        COUNT(*) AS messages, SUM(cost) AS cost, COALESCE(SUM(delivery_status = 'delivered'), 0) AS delivered
        FROM sms_status WHERE sms_identifier = UNHEX(${id}) GROUP BY provider ORDER BY provider`,
    )
    return rows.map(({ provider, messages, cost, delivered }) => ({
      ...{ provider, messages, cost: cost === null ? null : Number(cost), delivered: Number(delivered) },
    }))
  }

  it('divide messages by weight, in batches', async () => {
    const [a, b] = await providersOf(await sendTo('98912', 400))
    assert.ok(a && b && a.messages > 140 && b.messages > 140, JSON.stringify([a, b]))
    assert.deepEqual([a.cost, b.cost], [3 * a.messages, 5 * b.messages])
    const { calls } = await simulators[0].admin.summary()
    const sum = Object.values(calls ?? {}).reduce<number>((all, each) => all + (each ?? 0), 0)
    assert.ok(sum < 40, `${sum} calls for ${a.messages} messages`)
  })

  it('give each message to the cheapest, and a number without a price to one in order', async () => {
    assert.deepEqual(
      (await providersOf(await sendTo('98935', 50))).map(({ provider, cost }) => [provider, cost]),
      [['a', 150]],
    )
    assert.deepEqual(
      (await providersOf(await sendTo('44', 10))).map(({ provider, cost }) => [provider, cost]),
      [['a', null]],
    )
  })

  it('learn by polling whether messages were delivered, and lose what an operator does not deliver', async () => {
    const [a, b] = simulators
    const reports = { reports: 'status', receiptDelay: { minMs: 0, maxMs: 0 } } as const
    await a.admin.behave({ ...reports, undeliveredRate: 0.9 })
    await b.admin.behave(reports)
    const share = 'chapar_operator_health_share{operator="a",prefix="98912",class="normal"}'
    await eventually(
      'the operator lost its traffic',
      async () => {
        polled.push(await sendTo('98912', 100))
        const now = await engine.metric(share)
        return now > 0 && now < 0.05
      },
      60_000,
    )
    const id = await sendTo('98912', 300)
    polled.push(id)
    const [bad] = await providersOf(id)
    assert.ok(bad?.provider !== 'a' || bad.messages < 40, JSON.stringify(bad))
    await eventually(
      'they are delivered',
      async () => ((await providersOf(id)).find(({ provider }) => provider === 'b')?.delivered ?? 0) > 250,
      60_000,
    )
    const other = 'chapar_operator_health_share{operator="a",prefix="98",class="normal"}'
    assert.equal(await engine.metric(other), 1, 'the other prefix is not touched')
  })

  it('report cost and margin to admins alone, exactly as the operators took them', async () => {
    // A fold this early takes no later change of what it counted.
    const open = () =>
      look(
        engine.db,
        sql`SELECT 1 FROM sms_status WHERE delivery_status IS NULL
          AND sms_identifier IN (${sql.join(polled.map((id) => sql`UNHEX(${id})`))})`,
      )
    await eventually('all that operators report on is known', async () => (await open()).length === 0, 60_000)
    await foldAll(engine.db, AT_ONCE)
    await assertExact(engine.db)
    const ask = (path: string) => fetch(`${engine.url}${path}`, { headers: { 'X-API-Key': ADMIN_KEY } })
    const response = await ask('/v1/admin/reports/margin?group_by=operator')
    const { rows } = (await response.json()) as { rows: Record<string, number | string>[] }
    for (const [position, name] of ['a', 'b'].entries()) {
      const { taken } = await (simulators[position] as (typeof simulators)[0]).admin.summary()
      const row = rows.find(({ operator }) => operator === name)
      assert.equal(row?.['messages'], taken)
      assert.equal(
        Number(row?.['margin_cents']),
        Number(row?.['revenue_cents']) - Number(row?.['cost_cents']),
      )
      const unpriced = name === 'a' ? 10 : 0
      assert.equal(row?.['cost_unknown'], unpriced)
      assert.equal(row?.['cost_cents'], (Number(taken) - unpriced) * (name === 'a' ? 3 : 5))
    }
    const top = (await (await ask('/v1/admin/reports/top?by=customer')).json()) as { rows: object[] }
    assert.ok('margin_cents' in (top.rows[0] ?? {}))
  })
})
