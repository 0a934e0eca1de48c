import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { indexPrices } from '../../src/operators/index.ts'
import type { Operator, Submission } from '../../src/operators/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import { applyReceipts } from '../../src/delivery/index.ts'
import { seededRandom } from '../../simulator/random.ts'
import { fund, look } from '../support/arrange.ts'
import { AT_ONCE, assertExact, foldAll } from '../reports/recount.ts'
import { CUSTOMER, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepts, answers, saysOfEach, SILENT, testOperator } from './operators.ts'
import type { Answer, TestOperator } from './operators.ts'

/** `COSTS=100000` is the long form. */
const MESSAGES = Number(process.env['COSTS'] ?? 2_000)
const RECIPIENTS_PER_MESSAGE = 100

describe('the cost of messages', function () {
  this.timeout(600_000)
  let bench: Bench
  beforeEach(async () => (bench = await openBench()))
  afterEach(() => bench.close())

  const priced = (
    name: string,
    prices: { prefix: string; price: number }[],
    answer: Answer = accepts,
  ): TestOperator => Object.assign(testOperator(name, answer), { priceOf: indexPrices(prices) })
  const deliver = async (operators: Operator[], to: string[], parts = 1) => {
    const id = await bench.accept({ to })
    if (parts > 1) await change(sql`UPDATE sms_status SET parts = ${sql.lit(parts)}`)
    await openDelivery(bench.db, operators).deliver(await bench.envelope())
    return id
  }
  const change = (statement: ReturnType<typeof sql>) =>
    transact(bench.db, 'test.change', async (tx) => void (await statement.execute(tx)))
  const costs = async () =>
    (
      await look(
        bench.db,
        sql<{ status: string; cost: number | null }>`SELECT status, cost FROM sms_status
          ORDER BY sms_identifier, recipient_no`,
      )
    ).map(({ status, cost }) => [status, cost])

  it('is what the operator that took it charges for its parts to its number', async () => {
    const a = priced('a', [
      { prefix: '98', price: 5 },
      { prefix: '98912', price: 3 },
    ])
    await deliver([a], ['+989121111111', '989351111111', '+447911111111'], 3)
    assert.deepEqual(await costs(), [
      ['done', 9],
      ['done', 15],
      ['done', null],
    ])
  })

  it('is that of the operator that took it after another one did not', async () => {
    const a = priced('a', [{ prefix: '', price: 1 }], saysOfEach('unavailable'))
    const b = priced('b', [{ prefix: '', price: 7 }])
    await deliver([a, b], ['989121111111'])
    assert.deepEqual(await costs(), [['done', 7]])
  })

  it('is none of a message that no operator took, and not known without prices', async () => {
    await deliver([priced('a', [{ prefix: '', price: 1 }], saysOfEach('rejected'))], ['989121111111'])
    await deliver([testOperator('b')], ['989121111111'])
    assert.deepEqual(await costs(), [
      ['failed', null],
      ['done', null],
    ])
    await bench.assertBooksBalance()
  })

  it('is known of a message whose receipt proves that it was taken', async () => {
    const a = priced('a', [{ prefix: '', price: 4 }], () => SILENT)
    const id = await deliver([a], ['989121111111'])
    const receipt = { smsIdentifier: id, recipientNo: 1, operator: 'a', verdict: 'delivered' as const }
    await transact(bench.db, 'test.receipt', (tx) =>
      applyReceipts(tx, [{ ...receipt, reason: '', partNo: null }], () =>
        indexPrices([{ prefix: '', price: 4 }]),
      ),
    )
    assert.deepEqual(await costs(), [['done', 4]])
  })

  it(`and the margin are, over ${MESSAGES} messages, what a recount of the operators' record says`, async () => {
    const random = seededRandom(11)
    const draw = (below: number) => Math.floor(random() * below)
    await fund(bench.db, CUSTOMER, MESSAGES)
    /** What each operator says that it took: numbers by reference. */
    const record = new Map<string, Map<string, string>>()
    const takes = (name: string, rejects: number) => {
      const taken = new Map<string, string>()
      record.set(name, taken)
      return (batch: Submission[]) =>
        answers(batch, ({ reference, to }) => {
          const chance = draw(100)
          if (chance < rejects) return { kind: 'rejected', reason: 'no such number' }
          if (chance < rejects + 10) return { kind: 'unavailable', reason: 'later' }
          taken.set(reference, to)
          return { kind: 'accepted', operatorMessageId: null }
        })
    }
    const prices = {
      a: ['98', '98912', '44'].map((prefix, position) => ({ prefix, price: 2 + position })),
      b: ['', '98935'].map((prefix, position) => ({ prefix, price: 6 + position })),
    }
    const operators = [priced('a', prices.a, takes('a', 5)), priced('b', prices.b, takes('b', 5))]
    for (let left = MESSAGES; left > 0; left -= RECIPIENTS_PER_MESSAGE) {
      const to = Array.from({ length: Math.min(left, RECIPIENTS_PER_MESSAGE) }, () => {
        const prefix = ['+98912', '+98935', '+4479', '+491', '98912'][draw(5)] ?? ''
        return prefix + draw(9_999_999).toString().padStart(7, '0')
      })
      const id = await bench.accept({ to })
      await change(sql`UPDATE sms_status SET parts = 1 + (recipient_no MOD 3)
        WHERE sms_identifier = UNHEX(${id.replaceAll('-', '')})`)
      await openDelivery(bench.db, operators).deliver(await bench.envelope())
    }
    await foldAll(bench.db, AT_ONCE)
    await assertExact(bench.db)
    const { violations } = await audit(bench.db)
    assert.deepEqual(violations, [])

    const rows = await look(
      bench.db,
      sql<{
        operator: string
        cost: string
        costed: string
        revenue: string
      }>`SELECT operator, SUM(cost) AS cost,
        SUM(costed) AS costed, SUM(charged - refunded) AS revenue FROM report_days WHERE user_id = ${CUSTOMER}
        AND result IN ('sent') GROUP BY operator ORDER BY operator`,
    )
    const reported = rows.map((row) => [
      row.operator,
      Number(row.cost),
      Number(row.costed),
      Number(row.revenue),
    ])
    const expected = (['a', 'b'] as const).map((name) => {
      const sum = { cost: 0, costed: 0, revenue: 0 }
      for (const [reference, to] of record.get(name) ?? []) {
        const no = Number(reference.split(':')[1])
        // Every price, looked at one by one.
        const price = prices[name]
          .filter(({ prefix }) => to.replace('+', '').startsWith(prefix))
          .sort((one, other) => other.prefix.length - one.prefix.length)[0]?.price
        if (price !== undefined) sum.costed++
        sum.cost += (price ?? 0) * (1 + (no % 3))
        sum.revenue += 1
      }
      return [name, sum.cost, sum.costed, sum.revenue]
    })
    assert.deepEqual(reported, expected)
  })
})
