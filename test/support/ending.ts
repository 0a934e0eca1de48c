import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import type { AuditOptions } from '../../src/audit/index.ts'
import { read, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import type { Accepted } from './api.ts'
import { drain } from './engine.ts'
import { eventually } from './eventually.ts'
import { makeDue, readWaiting } from './makeDue.ts'

/**
 * For what follows a kill: above the lease of a published row. A row that the killed engine's transaction still locks when
 * leases are ended, on a busy server, waits for its own end.
 */
export const AFTER_KILL_MS = 120_000

/** Ends the leases of a process that was killed and makes its outbox rows due: what time does by itself. */
export async function expireLeases(db: Db): Promise<void> {
  await transact(db, 'test.expire', (tx) =>
    sql`UPDATE sms_status SET lease_until = NOW(3) - INTERVAL 1 SECOND WHERE status = 'sending'`.execute(tx),
  )
  await makeAllDue(db)
}

/**
 * Makes every outbox row due that waits now, as after the lease that a published row has. A claim locks the row behind
 * the last due one for a moment, and a killed engine's transaction may live on: such rows are asked for again.
 */
export async function makeAllDue(db: Db): Promise<void> {
  const waiting = (condition: RawBuilder<unknown>) =>
    read(db, 'test.waiting', (reader) => readWaiting(reader, condition))
  let left = await waiting(sql`TRUE`)
  await eventually(
    'what waits is due',
    async () => {
      if (left.length === 0) return true
      const places = left.map(({ id, order_key }) => sql`(${id}, ${order_key})`)
      const areLeft = sql`(id, order_key) IN (${sql.join(places)})`
      await transact(db, 'test.due', (tx) => makeDue(tx, areLeft))
      left = await waiting(areLeft)
      return left.length === 0
    },
    AFTER_KILL_MS,
  )
}

export async function countSending(db: Db): Promise<number> {
  return count(db, sql`SELECT COUNT(*) AS n FROM sms_status WHERE status = 'sending'`)
}

export async function countMarked(db: Db): Promise<number> {
  return count(db, sql`SELECT COUNT(*) AS n FROM sms_status WHERE possible_duplicate`)
}

/** What was accepted comes to its end, and the books, the tables and the operators' own record agree. */
export async function drainAndCheck(
  db: Db,
  accepted: Accepted[],
  simulators: SimulatorProcess[],
  boundMs?: number,
): Promise<void> {
  await drain(db, boundMs)
  await assertAllEnded(db, accepted)
  await assertRecordsAgree(db, simulators)
}

/**
 * Every accepted request is there with all its recipients, each at its end, and the books balance.
 * @param limits of an engine whose settings are not the usual ones
 */
export async function assertAllEnded(
  db: Db,
  accepted: Accepted[],
  limits: AuditOptions['limits'] = {},
): Promise<void> {
  for (const { sms_identifier, recipients } of accepted) {
    const ended = await count(
      db,
      sql`SELECT COUNT(*) AS n FROM sms_status
        WHERE sms_identifier = ${identifierToBytes(sms_identifier)} AND status IN ('done', 'failed')`,
    )
    assert.equal(ended, recipients, `message ${sms_identifier}`)
  }
  assert.deepEqual((await audit(db, { limits })).violations, [])
}

/** What operators took more than once is marked, and what is done was taken: invariant 4 against their own record. */
export async function assertRecordsAgree(db: Db, simulators: SimulatorProcess[]): Promise<void> {
  const taken = new Map<string, number>()
  for (const { admin } of simulators) {
    for await (const { reference, taken: times } of admin.submissions()) {
      taken.set(reference, (taken.get(reference) ?? 0) + times)
    }
  }
  const rows = await read(db, 'test.rows', (reader) =>
    sql<{ reference: string; status: string; possible_duplicate: number; possibly_sent: number }>`
      SELECT CONCAT(LOWER(CONCAT_WS('-', SUBSTR(HEX(sms_identifier), 1, 8), SUBSTR(HEX(sms_identifier), 9, 4),
               SUBSTR(HEX(sms_identifier), 13, 4), SUBSTR(HEX(sms_identifier), 17, 4), SUBSTR(HEX(sms_identifier), 21))),
             ':', recipient_no) AS reference, status, possible_duplicate, possibly_sent FROM sms_status`.execute(
      reader,
    ),
  )
  for (const { reference, status, possible_duplicate, possibly_sent } of rows.rows) {
    const times = taken.get(reference) ?? 0
    if (status === 'done') assert.ok(times >= 1, `${reference} is done and was never taken`)
    if (times >= 1)
      assert.ok(status === 'done' || possibly_sent === 1, `${reference} was taken and is ${status}`)
    if (times > 1)
      assert.equal(possible_duplicate, 1, `${reference} was taken ${times} times and is not marked`)
  }
  const known = new Set(rows.rows.map(({ reference }) => reference))
  for (const reference of taken.keys())
    assert.ok(known.has(reference), `${reference} was taken and is not in the tables`)
}

async function count(db: Db, query: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await read(db, 'test.count', (reader) => query.execute(reader))
  return (rows[0] as { n: number }).n
}
