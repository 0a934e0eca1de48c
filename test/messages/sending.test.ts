import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { readMessage } from '../../src/messages/index.ts'
import { closeDb, databaseNowMs, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { PLAIN_SENDING } from '../../src/primitives/sendingPlan.ts'
import type { SendingPlan } from '../../src/primitives/sendingPlan.ts'
import { countRows, fund, look, offer, sendOne } from '../support/arrange.ts'
import type { Sent } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { recipientOf } from '../timeline/timelineOf.ts'

const CUSTOMER = 1
const OTHER = 2
const MINUTES_A_DAY = 1_440
const CONNECTIONS = { maxOpenConns: 5, maxIdleConns: 2, connMaxLifetimeSeconds: 300 }

describe('how a customer’s messages leave', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    for (const userId of [CUSTOMER, OTHER]) await fund(db, userId, 1_000_000)
  })
  afterEach(() => stack.drop())

  const planOf = (changes: Partial<SendingPlan>): SendingPlan => ({ ...PLAIN_SENDING, ...changes })
  const send = (sending: SendingPlan, changes: Partial<Sent> = {}) =>
    sendOne(db, { userId: CUSTOMER, to: 1, sending, ...changes })
  /** A window that opens in two hours, for one, and when. */
  const closedNow = (hasExpress = false): { sending: SendingPlan; opensAtMs: number } => {
    const minute = Math.floor(databaseNowMs(db) / 60_000)
    const of = (after: number) => (minute + after) % MINUTES_A_DAY
    return {
      sending: planOf({ window: { fromMinute: of(120), toMinute: of(180), timeZone: 'UTC', hasExpress } }),
      opensAtMs: (minute + 120) * 60_000,
    }
  }

  interface Row {
    lane: number
    ms: number
    recipients: number
  }
  const rowsOf = (id: string) =>
    look(
      db,
      sql<Row>`SELECT lane, order_key / 1000 AS ms, recipients FROM outbox_events
        WHERE sms_identifier = ${identifierToBytes(id)} ORDER BY id`,
    )
  const requestOf = async (id: string) => {
    const [row] = await look(
      db,
      sql<{ delayed_until: Date | null; expires_at: Date | null; created_at: Date }>`
        SELECT delayed_until, expires_at, created_at FROM sms_requests WHERE sms_identifier = ${identifierToBytes(id)}`,
    )
    assert.ok(row)
    return row
  }
  const violations = async () => (await audit(db)).violations

  it('in proportion to weights, of a backlog', async () => {
    for (let turn = 0; turn < 20; turn++) {
      await send(planOf({ normalWeight: 3 }), { to: 10 })
      await send(PLAIN_SENDING, { to: 10, userId: OTHER })
    }
    const first = await look(
      db,
      sql<{
        user_id: number
      }>`SELECT user_id FROM outbox_events WHERE lane = 2 ORDER BY order_key, id LIMIT 24`,
    )
    const of = (userId: number) => first.filter(({ user_id }) => user_id === userId).length
    assert.deepEqual([of(CUSTOMER), of(OTHER)], [18, 6])
    assert.deepEqual(await violations(), [])
  })

  it('at a rate, in rows of a tenth of a second, and each message behind the one before', async () => {
    const sending = planOf({ partsPerSecond: 20 })
    // In one transaction, so that no time passes between the two.
    const decisions = await offer(
      db,
      { userId: CUSTOMER, to: 7, parts: 1, sending },
      { userId: CUSTOMER, to: 1, expiresInSeconds: 60, sending },
    )
    const [first = '', second = ''] = decisions.map((each) =>
      each.kind === 'accepted' ? each.smsIdentifier : '',
    )
    const rows = await rowsOf(first)
    assert.deepEqual(
      rows.map(({ recipients }) => recipients),
      [2, 2, 2, 1],
    )
    assert.deepEqual(
      rows.map(({ lane }) => lane),
      [2, 3, 3, 3],
      'the first may leave at once',
    )
    const [, a, b, c] = rows.map(({ ms }) => Number(ms))
    assert.deepEqual([(b ?? 0) - (a ?? 0), (c ?? 0) - (b ?? 0)], [100, 100])
    const [last] = await rowsOf(second)
    assert.equal(Number(last?.ms) - (c ?? 0), 50)
    const { delayed_until: until, expires_at: expiresAt } = await requestOf(second)
    assert.equal(until?.getTime(), Math.ceil(Number(last?.ms)))
    assert.equal(expiresAt?.getTime(), (until?.getTime() ?? 0) + 60_000, 'its time counts from then')
    assert.equal((await requestOf(first)).delayed_until?.getTime(), Math.ceil(c ?? 0))
    assert.deepEqual(await violations(), [])
  })

  it('at a rate also when several processes accept them at once', async () => {
    const other = openDb({ url: stack.databaseUrl, ...CONNECTIONS })
    try {
      const sending = planOf({ partsPerSecond: 100 })
      await look(
        db,
        sql`UPDATE user_balances SET sending_tat = (UNIX_TIMESTAMP() + 60) * 1000000 WHERE user_id = ${CUSTOMER}`,
      )
      await Promise.all(
        [db, other].flatMap((each) =>
          Array.from({ length: 10 }, () =>
            offer(each, ...Array.from({ length: 5 }, () => ({ userId: CUSTOMER, to: 1, sending }))),
          ),
        ),
      )
      const keys = await look(
        db,
        sql<{
          ms: number
        }>`SELECT order_key / 1000 AS ms FROM outbox_events WHERE lane = 3 ORDER BY order_key`,
      )
      const gaps = keys.slice(1).map(({ ms }, index) => Number(ms) - Number(keys[index]?.ms))
      assert.equal(keys.length, 100)
      assert.deepEqual([Math.min(...gaps), Math.max(...gaps)], [10, 10])
    } finally {
      await closeDb(other)
    }
  })

  it('within the window, and a message that waits for it is scheduled and says so', async () => {
    const { sending, opensAtMs: opening } = closedNow()
    const id = await send(sending, { to: 250, expiresInSeconds: 60 })
    const rows = await rowsOf(id)
    assert.deepEqual(
      rows.map(({ lane, ms }) => [lane, Number(ms) - opening]),
      [
        [3, 0],
        [3, 20],
        [3, 40],
      ],
    )
    const { delayed_until: until, expires_at: expiresAt } = await requestOf(id)
    assert.deepEqual([until?.getTime(), expiresAt?.getTime()], [opening + 40, opening + 60_040])
    assert.equal((await readMessage(db, { userId: CUSTOMER, smsIdentifier: id }))?.status, 'SCHEDULED')
    const { status, waiting } = await recipientOf(db, id)
    assert.deepEqual([status, waiting?.for, waiting?.until?.getTime()], ['SCHEDULED', 'window', opening])
    assert.deepEqual(await violations(), [])
  })

  it('and one that waits for its place at the rate says so too', async () => {
    const sending = planOf({ partsPerSecond: 1 })
    await send(sending, { to: 30 })
    const { waiting } = await recipientOf(db, await send(sending))
    assert.equal(waiting?.for, 'rate')
    assert.deepEqual(waiting.handOverAt, waiting.until)
  })

  it('express ones by neither, unless the window is for them too; test messages never', async () => {
    const sending = { ...closedNow().sending, partsPerSecond: 1 }
    const lanesOf = async (plan: SendingPlan, changes: Partial<Sent>) =>
      (await rowsOf(await send(plan, changes))).map(({ lane }) => lane)
    assert.deepEqual(await lanesOf(sending, { type: 'express', to: 3 }), [0])
    assert.deepEqual(await lanesOf(sending, { isTest: true, to: 3 }), [2])
    assert.deepEqual(await lanesOf(closedNow(true).sending, { type: 'express', to: 3 }), [1])
  })

  it('or are refused when they would leave too late, and nothing is changed', async () => {
    const sending = planOf({ partsPerSecond: 1 })
    const days = 7 * 86_400
    await look(
      db,
      sql`UPDATE user_balances SET sending_tat = (UNIX_TIMESTAMP(NOW(6)) + ${days - 1}) * 1000000 WHERE user_id = ${CUSTOMER}`,
    )
    const before = await countRows(db)
    const [decision] = await offer(db, { userId: CUSTOMER, to: 35, sending })
    assert.ok(decision?.kind === 'delayed_too_far')
    const { retryAfterMs } = decision
    assert.ok(retryAfterMs > 20_000 && retryAfterMs <= 34_000, `${retryAfterMs}`)
    assert.deepEqual(await countRows(db), before)
  })

  it('with a time that an accepted message tells its client', async () => {
    const { sending, opensAtMs } = closedNow()
    const [now, later] = await offer(
      db,
      { userId: CUSTOMER, to: 2, sending: planOf({ partsPerSecond: 1_000 }) },
      { userId: OTHER, to: 1, sending },
    )
    assert.ok(now?.kind === 'accepted' && later?.kind === 'accepted')
    assert.equal(now.delayedUntil, undefined)
    assert.equal(later.delayedUntil?.getTime(), opensAtMs)
  })
})
