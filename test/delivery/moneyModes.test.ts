import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { DeliveryStatus } from '../../db/schema.ts'
import { audit } from '../../src/audit/index.ts'
import { applyReceipts, cancel } from '../../src/delivery/index.ts'
import { returnPrices } from '../../src/delivery/returnPrices.ts'
import { releaseOnce } from '../../src/delivery/release/releaseOnce.ts'
import { readHeld } from '../../src/holds/index.ts'
import { accept, listRecipients, priceRequest } from '../../src/messages/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Charging } from '../../src/primitives/charging.ts'
import { indexTariffs } from '../../src/tariffs/index.ts'
import { recipients } from '../support/api.ts'
import { acceptContextOf, fund, look, newIdOf, PRICES } from '../support/arrange.ts'
import { holdBalance } from '../support/holdBalance.ts'
import { CUSTOMER, DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepts, answers, testOperator } from './operators.ts'

const PRICE = 5
const WAIT_SECONDS = 3_600
const OTHER = CUSTOMER + 1

describe('money modes', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await openBench()
    await fund(bench.db, OTHER, DEPOSIT)
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    const { violations } = await audit(bench.db)
    assert.deepEqual(
      violations.filter(({ rule }) => rule === 'refund' || rule === 'hold'),
      [],
    )
    await bench.close()
  })

  interface Sent {
    count?: number
    from?: number
    isTest?: boolean
  }
  const sendBy = async (charging: Charging, { count = 1, from = CUSTOMER, isTest = false }: Sent = {}) => {
    const tariff = {
      ...{ id: 1, userId: null, type: null, destinationPrefix: '', validFromMs: 0, validUntilMs: null },
      ...{ per: 'message' as const, price: PRICE, charging },
      receiptWaitSeconds: charging === 'delivery' ? WAIT_SECONDS : null,
    }
    const tariffs = indexTariffs([tariff])
    const [decision] = await accept(
      bench.db,
      [
        {
          ...{ userId: from, text: 'hi', type: 'normal', recipients: recipients(count), isTest },
          ...{ onUnknown: 'retry', smsIdentifier: newIdOf(bench.db)() },
        },
      ],
      {
        ...acceptContextOf(bench.db),
        price: (query) => priceRequest({ tariffs, prices: PRICES }, { ...query, atMs: 0 }),
      },
    )
    assert.ok(decision?.kind === 'accepted', decision?.kind)
    return decision.smsIdentifier
  }
  const deliver = async (operator = testOperator('a', accepts)) =>
    openDelivery(bench.db, [operator]).deliver(await bench.envelope())
  const rejecting = () =>
    testOperator('a', (batch) => answers(batch, () => ({ kind: 'rejected', reason: 'no such number' })))
  const held = async (userId = CUSTOMER) => (await readHeld(bench.db, userId)).amount
  const receipt = (smsIdentifier: string, verdict: DeliveryStatus, recipientNo = 1) =>
    transact(bench.db, 'test.receipt', (tx) =>
      applyReceipts(tx, [
        { smsIdentifier, recipientNo, operator: 'a', verdict, reason: 'absent', partNo: null },
      ]),
    )
  const money = async (smsIdentifier: string, userId = CUSTOMER) => {
    const page = await listRecipients(bench.db, { userId, smsIdentifier, limit: 100, after: 0 })
    return page?.recipients.map(({ status, money, returned }) => `${status} ${money} ${returned}`)
  }
  const waitIsOver = () =>
    look(bench.db, sql`UPDATE holds SET release_at = NOW(3) WHERE release_at IS NOT NULL`)
  const entries = () =>
    look(
      bench.db,
      sql<Record<string, unknown>>`SELECT transaction_type AS type, amount, description FROM user_transactions
        WHERE transaction_type NOT IN ('topup', 'charge') ORDER BY user_id, seq`,
    )

  it('by acceptance hold nothing, and refund what fails', async () => {
    const id = await sendBy('acceptance')
    assert.deepEqual([await held(), await money(id)], [0, ['QUEUED charged 0']])
    await deliver(rejecting())
    assert.deepEqual(await money(id), ['FAILED_PERM refunded 5'])
    assert.deepEqual(
      (await entries()).map(({ type }) => type),
      ['refund'],
    )
  })

  it('of a test message, which costs nothing, hold nothing', async () => {
    await sendBy('delivery', { isTest: true })
    assert.equal(await held(), 0)
  })

  describe('by hand-over', () => {
    it('hold the price from acceptance on, and capture it when an operator takes the message', async () => {
      const id = await sendBy('hand_over', { count: 2 })
      assert.deepEqual([await held(), await bench.balance()], [2 * PRICE, DEPOSIT - 2 * PRICE])
      assert.deepEqual(await money(id), ['QUEUED held 0', 'QUEUED held 0'])
      await deliver()
      assert.deepEqual([await held(), await bench.balance()], [0, DEPOSIT - 2 * PRICE])
      assert.deepEqual([await money(id), await entries()], [['SENT captured 0', 'SENT captured 0'], []])
      await receipt(id, 'undelivered')
      assert.deepEqual([(await releaseOnce(bench.db)).amount, await held()], [0, 0])
    })

    it('release it once when the message fails', async () => {
      const id = await sendBy('hand_over')
      await deliver(rejecting())
      assert.deepEqual([await held(), await bench.balance()], [0, DEPOSIT])
      assert.deepEqual(await money(id), ['FAILED_PERM released 5'])
      assert.deepEqual(await entries(), [
        { type: 'release', amount: PRICE, description: 'release: no such number' },
      ])
    })

    it('release it when the message is cancelled', async () => {
      const id = await sendBy('hand_over', { count: 2 })
      const cancelled = await cancel({ db: bench.db }, { userId: CUSTOMER, smsIdentifier: id })
      assert.deepEqual([cancelled?.refunded, await held(), await bench.balance()], [2 * PRICE, 0, DEPOSIT])
      assert.deepEqual(await money(id), ['CANCELLED released 5', 'CANCELLED released 5'])
    })
  })

  describe('by delivery', () => {
    it('hold the price until the operator says that it was delivered', async () => {
      const id = await sendBy('delivery')
      await deliver()
      assert.deepEqual([await held(), await money(id)], [PRICE, ['SENT held 0']])
      assert.equal((await releaseOnce(bench.db)).amount, 0)
      await receipt(id, 'delivered')
      assert.deepEqual([await held(), await money(id)], [0, ['DELIVERED captured 0']])
      assert.deepEqual([await entries(), await bench.balance()], [[], DEPOSIT - PRICE])
    })

    it('release it once when the operator could not deliver it', async () => {
      const id = await sendBy('delivery', { count: 2 })
      await deliver()
      await receipt(id, 'undelivered', 2)
      const released = await releaseOnce(bench.db)
      assert.deepEqual(released, {
        ...{ recipients: { undelivered: 1, no_receipt: 0 }, amount: PRICE, next: undefined },
      })
      assert.equal((await releaseOnce(bench.db)).amount, 0)
      assert.deepEqual(await entries(), [
        { type: 'release', amount: PRICE, description: 'release: not delivered' },
      ])
      assert.deepEqual(await money(id), ['SENT held 0', 'FAILED_PERM released 5'])
      assert.deepEqual([await held(), await bench.balance()], [PRICE, DEPOSIT - PRICE])
    })

    it('release it when no receipt came in time, and keep it so when one comes later, which is counted', async () => {
      const id = await sendBy('delivery')
      await deliver()
      await waitIsOver()
      assert.deepEqual((await releaseOnce(bench.db)).recipients, { undelivered: 0, no_receipt: 1 })
      assert.deepEqual(await money(id), ['SENT released 5'])
      const late = await receipt(id, 'delivered')
      assert.deepEqual([late.states, late.late, await money(id)], [['applied'], 1, ['DELIVERED released 5']])
      assert.deepEqual([(await receipt(id, 'delivered')).late, await bench.balance()], [0, DEPOSIT])
    })

    it('count a delivery that contradicts the receipt which released it', async () => {
      const id = await sendBy('delivery')
      await deliver()
      await receipt(id, 'undelivered')
      await releaseOnce(bench.db)
      const late = await receipt(id, 'delivered')
      assert.deepEqual([late.states, late.late], [['contradicting'], 1])
      assert.deepEqual([await money(id), await bench.balance()], [['FAILED_PERM released 5'], DEPOSIT])
    })

    it('wait for as long as the tariff said at acceptance', async () => {
      await sendBy('delivery')
      await deliver()
      const [row] = await look(
        bench.db,
        sql<{
          waits: number
        }>`SELECT ROUND(TIMESTAMPDIFF(SECOND, NOW(3), release_at), -2) AS waits FROM holds`,
      )
      assert.equal(Number(row?.waits), WAIT_SECONDS)
    })

    it('capture what a receipt delivers between its finding and its release', async () => {
      const id = await sendBy('delivery')
      await deliver()
      await waitIsOver()
      const letGo = await holdBalance(bench.db, CUSTOMER)
      const releasing = releaseOnce(bench.db)
      await receipt(id, 'delivered')
      await letGo()
      assert.equal((await releasing).amount, 0)
      assert.deepEqual([await money(id), await held()], [['DELIVERED captured 0'], 0])
    })

    it('release in pages, also while a customer’s balance is locked, which is found again', async () => {
      await sendBy('delivery', { count: 3 })
      await deliver()
      await sendBy('delivery', { count: 2, from: OTHER })
      await deliver()
      await waitIsOver()
      const first = await releaseOnce(bench.db, undefined, { holdsMax: 2 })
      assert.equal(first.amount, 2 * PRICE)
      const rest = await releaseOnce(bench.db, first.next)
      assert.deepEqual([rest.amount, rest.next], [3 * PRICE, undefined])
      assert.deepEqual([await held(), await held(OTHER), await bench.balance()], [0, 0, DEPOSIT])
    })

    it('release nothing of what a compensation gave back', async () => {
      const id = await sendBy('delivery')
      await deliver()
      await waitIsOver()
      const wanted = {
        ...{ userId: CUSTOMER, smsIdentifier: id, recipientNo: 1 },
        ...{ type: 'compensation' as const, reason: 'a test' },
      }
      await transact(bench.db, 'test.give', (tx) =>
        returnPrices(tx, [wanted], { isDue: () => true, waits: true }),
      )
      assert.deepEqual([await held(), (await releaseOnce(bench.db)).amount], [0, 0])
      assert.deepEqual(
        (await entries()).map(({ type }) => type),
        ['compensation'],
      )
    })
  })

  it('add up what is held to a bound, and say so', async () => {
    await sendBy('hand_over', { count: 3 })
    assert.deepEqual(await readHeld(bench.db, CUSTOMER, 2), { amount: 2 * PRICE, isAtLeast: true })
    assert.deepEqual(await readHeld(bench.db, CUSTOMER), { amount: 3 * PRICE, isAtLeast: false })
  })
})
