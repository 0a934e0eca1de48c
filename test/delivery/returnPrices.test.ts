import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { endExpired } from '../../src/delivery/expire/endExpired.ts'
import { cancel } from '../../src/delivery/index.ts'
import { returnPrices, RETURNS_MAX } from '../../src/delivery/returnPrices.ts'
import type { GivenBack, ReturnOptions, WantedReturn } from '../../src/delivery/returnPrices.ts'
import { transact } from '../../src/platform/db/index.ts'
import { fund, look } from '../support/arrange.ts'
import { holdBalance } from '../support/holdBalance.ts'
import { CUSTOMER, DEPOSIT, VALIDITY_MS, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepts, answers, testOperator } from './operators.ts'

const OTHER = CUSTOMER + 1

describe('giving back the price of a recipient', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await openBench()
    await fund(bench.db, OTHER, 100)
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const wanted = (smsIdentifier: string, recipientNo = 1, userId = CUSTOMER): WantedReturn => ({
    ...{ userId, smsIdentifier, recipientNo, type: 'compensation', reason: 'a test' },
  })
  const give = (returns: WantedReturn[], options: Partial<ReturnOptions> = {}): Promise<GivenBack> =>
    transact(
      bench.db,
      'test.give_back',
      (tx) => returnPrices(tx, returns, { isDue: () => true, waits: false, ...options }),
      { throwsLockTimeout: true },
    )
  const returnedOf = async (id: string) =>
    (
      await look(
        bench.db,
        sql<{ returned: number }>`SELECT returned FROM sms_status
          WHERE sms_identifier = UNHEX(REPLACE(${id}, '-', '')) ORDER BY recipient_no`,
      )
    ).map(({ returned }) => returned)
  const entries = () =>
    look(
      bench.db,
      sql<Record<string, unknown>>`SELECT recipient_no AS no, transaction_type AS type, amount, description
        FROM user_transactions WHERE transaction_type NOT IN ('topup', 'charge') ORDER BY user_id, seq`,
    )
  const send = async (id: Promise<string>, operator = testOperator('a', accepts)) => {
    await id
    await openDelivery(bench.db, [operator]).deliver(await bench.envelope())
    return id
  }
  const rejecting = () =>
    testOperator('a', (batch) => answers(batch, () => ({ kind: 'rejected', reason: 'no such number' })))

  it('writes the entry, the balance and the row of one that was sent', async () => {
    const id = await send(bench.accept({ count: 2 }))
    const { given, kept, blocked } = await give([wanted(id, 2)])
    assert.deepEqual([given, kept, blocked], [[{ ...wanted(id, 2), amount: 1 }], [], []])
    assert.deepEqual(await entries(), [
      { no: 2, type: 'compensation', amount: 1, description: 'compensation: a test' },
    ])
    assert.deepEqual([await bench.balance(), await returnedOf(id)], [DEPOSIT - 1, [0, 1]])
  })

  it('does so once, whatever kind the second one is, and however often it is named', async () => {
    const id = await send(bench.accept())
    const first = await give([wanted(id), { ...wanted(id), type: 'release' }])
    const second = await give([{ ...wanted(id), type: 'release' }])
    assert.deepEqual(
      [first, second].map(({ given, kept }) => [given.length, kept.length]),
      [
        [1, 1],
        [0, 1],
      ],
    )
    assert.equal(await bench.balance(), DEPOSIT)
  })

  it('leaves one that is not due, that does not exist, or that another customer paid', async () => {
    const id = await send(bench.accept())
    const notDue = await give([wanted(id)], { isDue: ({ status }) => status !== 'done' })
    const others = await give([wanted(id, 7), wanted(id, 1, OTHER)])
    assert.deepEqual([notDue.given, others.given, await entries()], [[], [], []])
  })

  it('gives nothing for one that failed or was cancelled', async () => {
    const failed = await send(bench.accept(), rejecting())
    const cancelled = await bench.accept()
    await cancel({ db: bench.db }, { userId: CUSTOMER, smsIdentifier: cancelled })
    const { given } = await give([wanted(failed), wanted(cancelled)])
    assert.deepEqual([given, await bench.balance()], [[], DEPOSIT])
  })

  it('leaves nothing to refund of an unfinished one that fails or is cancelled later', async () => {
    const cancelled = await bench.accept()
    const expired = await bench.accept({ expiresInSeconds: 60 })
    const failing = await bench.accept()
    await give([wanted(failing), wanted(cancelled), wanted(expired)])
    await cancel({ db: bench.db }, { userId: CUSTOMER, smsIdentifier: cancelled })
    await bench.expiresIn(expired, 0)
    await openDelivery(bench.db, [rejecting()]).deliver(await bench.envelope())
    const statuses = []
    for (const id of [cancelled, expired, failing]) statuses.push((await bench.row(id)).status)
    assert.deepEqual(statuses, ['cancelled', 'failed', 'failed'])
    assert.deepEqual([(await entries()).length, await bench.refunds()], [3, []])
    assert.equal(await bench.balance(), DEPOSIT)
  })

  it('leaves nothing to refund of one that expires while it waits', async () => {
    const id = await bench.accept({ expiresInSeconds: 60 })
    await give([wanted(id)])
    await bench.expiresIn(id, 0)
    const [row] = await look(bench.db, sql<{ id: Buffer }>`SELECT id FROM outbox_events`)
    const bounds = { validityMs: VALIDITY_MS, unknownSubmissionsMax: 1 }
    const { recipients, refunded } = await endExpired(bench.db, [row?.id.toString('hex') ?? ''], bounds)
    assert.deepEqual([recipients, refunded, await bench.refunds()], [1, 0, []])
    assert.equal(await bench.balance(), DEPOSIT)
  })

  it('leaves customers whose balance is locked, and serves the others', async () => {
    const id = await send(bench.accept())
    const others = await send(bench.accept({ from: OTHER }))
    const letGo = await holdBalance(bench.db, OTHER)
    const { given, blocked } = await give([wanted(id), wanted(others, 1, OTHER)])
    await letGo()
    assert.deepEqual([given.length, blocked], [1, [wanted(others, 1, OTHER)]])
    assert.deepEqual([await returnedOf(id), await returnedOf(others)], [[1], [0]])
    assert.equal((await give([wanted(others, 1, OTHER)], { waits: true })).given.length, 1)
  })

  it('is bounded', async () => {
    const many = Array.from({ length: RETURNS_MAX + 1 }, (_, no) => wanted('0', no))
    await assert.rejects(give(many), /1001 returns in one transaction/)
  })
})
