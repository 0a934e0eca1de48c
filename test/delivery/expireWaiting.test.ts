import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { cancel } from '../../src/delivery/index.ts'
import { endExpired } from '../../src/delivery/expire/endExpired.ts'
import { expireOnce } from '../../src/delivery/expire/expireOnce.ts'
import { claim } from '../../src/outbox/claim.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { fund, look, newIdOf } from '../support/arrange.ts'
import { holdBalance } from '../support/holdBalance.ts'
import { holdRows, untilWaiting } from '../support/lockWaits.ts'
import { CUSTOMER, DEPOSIT, UNKNOWN_SUBMISSIONS_MAX, VALIDITY_MS, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { UNAVAILABLE, saysOfEach, testOperator } from './operators.ts'
import type { TestOperator } from './operators.ts'
import { claimAll } from './settlements.ts'

const BOUNDS = { validityMs: VALIDITY_MS, unknownSubmissionsMax: UNKNOWN_SUBMISSIONS_MAX.normal }
/** Rows of this moment as well. */
const AT_ONCE = { minAgeMs: -60_000 }

describe('a message that waits until its time is over', () => {
  let bench: Bench
  let a: TestOperator
  let ended: number[]
  beforeEach(async () => {
    bench = await openBench()
    a = testOperator('a')
    ended = []
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const expire = (type: MessageClass = 'normal', after?: string, options: { rowsMax?: number } = {}) =>
    expireOnce(
      {
        ...{ db: bench.db, type, ...BOUNDS },
        events: {
          ended: ({ recipients }) => void ended.push(recipients),
          expiryFailed: ({ error }) => assert.fail(String(error)),
        },
      },
      after,
      { ...AT_ONCE, ...options },
    )
  const deliver = (envelope: Awaited<ReturnType<Bench['envelope']>>) =>
    openDelivery(bench.db, [a]).deliver(envelope)
  const change = (id: string, changes: ReturnType<typeof sql>, no = 1) =>
    look(
      bench.db,
      sql`UPDATE sms_status SET ${changes} WHERE sms_identifier = ${identifierToBytes(id)} AND recipient_no = ${no}`,
    )
  const changeRequest = (id: string, changes: ReturnType<typeof sql>) =>
    look(bench.db, sql`UPDATE sms_requests SET ${changes} WHERE sms_identifier = ${identifierToBytes(id)}`)
  const endOf = async (id: string) => {
    const { status, failureReason, provider, possiblySent } = await bench.row(id)
    return [status, failureReason, provider, possiblySent]
  }
  const EXPIRED = ['failed', 'expired', '', false]

  it('for its turn in the outbox fails, refunded once, and leaves the outbox', async () => {
    const id = await bench.accept({ count: 150, expiresInSeconds: 60 })
    await bench.expiresIn(id, 0)
    assert.deepEqual(await expire(), { recipients: 150, next: undefined })
    assert.deepEqual(await expire(), { recipients: 0, next: undefined })
    assert.ok((await bench.rows(id)).every(({ status, attempts }) => status === 'failed' && attempts === 0))
    assert.deepEqual([(await bench.refunds()).length, await bench.balance()], [150, DEPOSIT])
    assert.deepEqual([await bench.outbox(), ended], [[], [150]])
  })

  it('for its next attempt fails, with its attempts counted', async () => {
    const id = await bench.accept({ expiresInSeconds: 60 })
    a.answer = () => UNAVAILABLE
    await deliver(await bench.envelope())
    assert.equal((await expire()).recipients, 0)
    await bench.expiresIn(id, 0)
    assert.equal((await expire()).recipients, 1)
    assert.deepEqual([await endOf(id), (await bench.row(id)).attempts], [EXPIRED, 1])
  })

  it('for a consumer fails, and the queue message then finds nothing to do', async () => {
    const id = await bench.accept({ expiresInSeconds: 60 })
    const envelope = await bench.envelope()
    await bench.published()
    await bench.expiresIn(id, 0)
    assert.equal((await expire()).recipients, 1)
    await deliver(envelope)
    assert.deepEqual([await endOf(id), a.calls, (await bench.refunds()).length], [EXPIRED, [], 1])
  })

  it('is of its own class alone', async () => {
    const id = await bench.accept({ type: 'express', expiresInSeconds: 60 })
    await bench.expiresIn(id, 0)
    assert.equal((await expire('normal')).recipients, 0)
    assert.equal((await expire('express')).recipients, 1)
  })

  it('counts its time from its acceptance, or from when it is to be sent, unless its request says otherwise', async () => {
    const [young, old, due, scheduled, long] = await Promise.all(
      Array.from({ length: 5 }, () => bench.accept()),
    )
    const past = (ms: number) => sql`NOW(3) - INTERVAL ${sql.lit(ms * 1_000)} MICROSECOND`
    await changeRequest(young!, sql`created_at = ${past(VALIDITY_MS - 60_000)}`)
    await changeRequest(old!, sql`created_at = ${past(VALIDITY_MS)}`)
    await changeRequest(due!, sql`created_at = ${past(9 * VALIDITY_MS)}, send_at = ${past(VALIDITY_MS)}`)
    await changeRequest(scheduled!, sql`created_at = ${past(9 * VALIDITY_MS)}, send_at = ${past(60_000)}`)
    await changeRequest(
      long!,
      sql`created_at = ${past(9 * VALIDITY_MS)}, expires_at = NOW(3) + INTERVAL 1 MINUTE`,
    )
    assert.equal((await expire()).recipients, 2)
    for (const [id, status] of [
      [young, 'pending'],
      [old, 'failed'],
      [due, 'failed'],
      [scheduled, 'pending'],
      [long, 'pending'],
    ] as const)
      assert.equal((await bench.row(id!)).status, status)
  })

  it('keeps the mark of what an operator may have', async () => {
    const id = await bench.accept({ expiresInSeconds: 60 })
    a.answer = saysOfEach('unknown')
    await deliver(await bench.envelope())
    await bench.expiresIn(id, 0)
    await expire()
    assert.deepEqual(await endOf(id), ['failed', 'expired, and no operator confirmed it', '', true])
    assert.equal((await bench.refunds()).length, 1)
  })

  it('is left to a consumer that has it, and ended with a mark when the lease of that is over', async () => {
    const id = await bench.accept({ expiresInSeconds: 60 })
    await claimAll(bench.db, [await bench.envelope()])
    await bench.expiresIn(id, 0)
    assert.equal((await expire()).recipients, 0)
    assert.equal((await bench.outbox()).length, 1)
    await bench.leaseIsOver(id)
    assert.equal((await expire()).recipients, 1)
    assert.deepEqual(await endOf(id), ['failed', 'expired, and no operator confirmed it', '', true])
    assert.deepEqual([(await bench.row(id)).attempts, await bench.outbox()], [1, []])
  })

  it('is left to the claim that quarantines it, and in quarantine to a person', async () => {
    const id = await bench.accept({ expiresInSeconds: 60 })
    await claimAll(bench.db, [await bench.envelope()])
    await change(id, sql`unconfirmed = 3, possibly_sent = TRUE, possible_duplicate = TRUE`)
    await bench.leaseIsOver(id)
    await bench.expiresIn(id, 0)
    assert.equal((await expire()).recipients, 0)
    await deliver(await bench.nextRound())
    assert.deepEqual(await bench.quarantined(), [`${id}:1`])
    assert.equal((await expire()).recipients, 0)
    assert.deepEqual(await bench.refunds(), [])
  })

  it('leaves the others of a merged row, which stays for them', async () => {
    const expired = await bench.accept({ expiresInSeconds: 60 })
    const other = await bench.accept()
    await bench.expiresIn(expired, 0)
    const claimed = await claim(bench.db, 'normal', 20, newIdOf(bench.db))
    assert.equal(claimed?.envelopes[0]?.ranges.length, 2)
    assert.equal((await expire()).recipients, 1)
    assert.equal((await bench.outbox()).length, 1)
    await deliver(claimed.envelopes[0])
    assert.deepEqual([await endOf(expired), (await bench.row(other)).status], [EXPIRED, 'done'])
    assert.deepEqual([await bench.outbox(), a.calls], [[], [[`${other}:1`]]])
  })

  it('is found among many, some rows at a time, from the oldest on', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => bench.accept({ expiresInSeconds: 60 })))
    for (const id of ids) await bench.expiresIn(id, 0)
    const rounds: number[] = []
    let after: string | undefined
    do {
      const { recipients, next } = await expire('normal', after, { rowsMax: 2 })
      rounds.push(recipients)
      after = next
    } while (after !== undefined)
    assert.deepEqual(rounds, [2, 2, 1])
  })

  it('is not looked for in a row that was written just now', async () => {
    const id = await bench.accept({ expiresInSeconds: 60 })
    await bench.expiresIn(id, 0)
    const events = { ended: () => {}, expiryFailed: () => {} }
    const settings = { db: bench.db, type: 'normal' as const, ...BOUNDS, events }
    assert.deepEqual(await expireOnce(settings, undefined, { minAgeMs: 3_600_000 }), {
      ...{ recipients: 0, next: undefined },
    })
  })

  it('waits no longer than a lock for a customer whose balance is locked, and others are ended at once', async () => {
    await fund(bench.db, CUSTOMER + 1, 10)
    const locked = await bench.accept({ expiresInSeconds: 60 })
    const other = await bench.accept({ from: CUSTOMER + 1, expiresInSeconds: 60 })
    for (const id of [locked, other]) await bench.expiresIn(id, 0)
    const release = await holdBalance(bench.db, CUSTOMER)
    assert.equal((await expire()).recipients, 1)
    assert.deepEqual([(await bench.row(locked)).status, await endOf(other)], ['pending', EXPIRED])
    await release()
    assert.equal((await expire()).recipients, 1)
    assert.deepEqual(await endOf(locked), EXPIRED)
  })

  describe('when two transactions meet', () => {
    /** Waits for a lock for as long as a slow machine needs. */
    let patient: Db
    beforeEach(() => {
      patient = openDb({
        ...{ url: bench.databaseUrl, maxOpenConns: 8, maxIdleConns: 2, connMaxLifetimeSeconds: 300 },
        sessionStatements: ['SET innodb_lock_wait_timeout = 50'],
      })
    })
    afterEach(() => closeDb(patient))

    const rowOf = (id: string) =>
      sql`SELECT 1 FROM sms_status WHERE sms_identifier = ${identifierToBytes(id)}`
    const endNow = (envelope: { outboxId: string }, userId?: number) =>
      endExpired(patient, [envelope.outboxId], BOUNDS, userId)

    it('is ended and not sent, when a consumer comes second', async () => {
      const id = await bench.accept({ expiresInSeconds: 60 })
      const envelope = await bench.envelope()
      await bench.expiresIn(id, 0)
      const release = await holdRows(patient, rowOf(id))
      const ending = endNow(envelope)
      await untilWaiting(bench.db, 1)
      const claiming = claimAll(patient, [envelope])
      await untilWaiting(bench.db, 2)
      await release()
      const [{ recipients }, [claimed]] = await Promise.all([ending, claiming])
      assert.deepEqual([recipients, claimed?.tasks], [1, []])
      assert.deepEqual([await endOf(id), (await bench.refunds()).length], [EXPIRED, 1])
    })

    it('is left to the consumer, when that comes first', async () => {
      const id = await bench.accept({ expiresInSeconds: 60 })
      const envelope = await bench.envelope()
      await bench.expiresIn(id, 0)
      const release = await holdRows(patient, rowOf(id))
      const claiming = claimAll(patient, [envelope])
      await untilWaiting(bench.db, 1)
      assert.equal((await endNow(envelope)).recipients, 0)
      await release()
      const [claimed] = await claiming
      assert.equal(claimed?.tasks.length, 1)
      assert.equal((await endNow(envelope)).recipients, 0)
      assert.deepEqual([(await bench.row(id)).status, await bench.refunds()], ['sending', []])
    })

    it('is cancelled or ended, and refunded once, whichever of the two locks its row first', async () => {
      for (const isCancelFirst of [true, false]) {
        const id = await bench.accept({ expiresInSeconds: 60 })
        const envelope = await bench.envelope()
        await bench.expiresIn(id, 0)
        const release = await holdRows(patient, rowOf(id))
        const steps = [
          () => cancel({ db: patient }, { userId: CUSTOMER, smsIdentifier: id }),
          () => endNow(envelope),
        ]
        const running: Promise<unknown>[] = []
        for (const step of isCancelFirst ? steps : steps.toReversed()) {
          running.push(step())
          // An ending that comes second finds the outbox row locked, and waits for nothing.
          if (running.length === 1 || !isCancelFirst) await untilWaiting(bench.db, running.length)
        }
        await release()
        await Promise.all(running)
        await endNow(envelope, CUSTOMER)
        assert.ok(['failed', 'cancelled'].includes((await bench.row(id)).status))
      }
      assert.deepEqual([(await bench.refunds()).length, await bench.balance()], [2, DEPOSIT])
    })

    it('is ended by one of two relays, and refunded once', async () => {
      const id = await bench.accept({ count: 100, expiresInSeconds: 60 })
      const envelope = await bench.envelope()
      await bench.expiresIn(id, 0)
      const both = await Promise.all([endNow(envelope), endNow(envelope), expire(), expire()])
      assert.equal(
        both.reduce((sum, { recipients }) => sum + recipients, 0),
        100,
      )
      assert.deepEqual([(await bench.refunds()).length, await bench.balance()], [100, DEPOSIT])
    })

    it('ends once, one of many that are sent, cancelled and ended at the same time', async () => {
      const ids = await Promise.all(Array.from({ length: 60 }, () => bench.accept({ expiresInSeconds: 60 })))
      const envelope = await bench.envelope()
      await Promise.all(ids.map((id, index) => bench.expiresIn(id, index % 2 === 0 ? 0 : 60)))
      await Promise.all([
        expire(),
        ...ids.slice(0, 20).map((id) => cancel({ db: patient }, { userId: CUSTOMER, smsIdentifier: id })),
        openDelivery(patient, [a]).deliver(envelope),
        expire(),
      ])
      await deliver(envelope)
      await expire()
      const rows = await Promise.all(ids.map((id) => bench.row(id)))
      const refunds = await bench.refunds()
      assert.equal(rows.filter(({ status }) => status !== 'done').length, refunds.length)
      assert.deepEqual(
        rows.filter(({ status }) => status === 'pending' || status === 'sending'),
        [],
      )
      const sent = new Set(a.calls.flat())
      assert.ok(ids.every((id, index) => sent.has(`${id}:1`) === (rows[index]?.status === 'done')))
    })
  })
})
