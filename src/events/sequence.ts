import { sql } from 'kysely'
import { dateTime, insertRows, keyIn, list, NOW, transact } from '../platform/db/index.ts'
import type { Db, Tx, Value } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { LoggedEvent } from './types.ts'

/** Called with newly numbered events, in the transaction that numbers them. */
export type OnSequenced = (tx: Tx, events: LoggedEvent[]) => Promise<void>

export interface SequenceOptions {
  /** Only customers above this number; all by default. */
  above?: number
  eventsMax?: number
  onSequenced?: OnSequenced
}

export interface Sequenced {
  events: LoggedEvent[]
  /** The customer to go on after; undefined when all above were examined. */
  last: number | undefined
}

/** Of one transaction: some 50 ms, for which the customers' counters are locked. */
export const EVENTS_MAX = 1_000
const CUSTOMERS_MAX = 100

/**
 * Gives waiting events their numbers and moves them to the log, without a gap and once, also after a lost COMMIT:
 * number, event and counter commit together under the counter's lock. A customer that another sequencer works on is
 * left to it.
 */
export function sequence(db: Db, options: SequenceOptions = {}): Promise<Sequenced> {
  const { above = Number.MIN_SAFE_INTEGER, eventsMax = EVENTS_MAX, onSequenced } = options
  return transact(
    db,
    'events.sequence',
    async (tx) => {
      const customers = await findWaiting(tx, above)
      if (customers.length === 0) return { events: [], last: undefined }
      const counters = await lockCounters(tx, customers)
      const waiting = await readWaiting(tx, [...counters.keys()], eventsMax)
      const events = number(waiting, counters)
      if (events.length > 0) {
        await insertLog(tx, events)
        await removeWaiting(tx, events)
        await writeCounters(tx, events)
        await onSequenced?.(tx, events)
      }
      const next = customers.length === CUSTOMERS_MAX ? customers.at(-1) : undefined
      return { events, last: events.length === eventsMax ? events.at(-1)?.userId : next }
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}

/** A jump from customer to customer, however many events each has. */
async function findWaiting(tx: Tx, above: number): Promise<number[]> {
  const { rows } = await sql<{ user_id: number }>`${waitingCustomers(above)}`.execute(tx)
  return rows.map(({ user_id }) => user_id)
}

export function waitingCustomers(above: number) {
  return sql`SELECT user_id FROM event_queue FORCE INDEX (PRIMARY) WHERE user_id > ${above}
    GROUP BY user_id ORDER BY user_id LIMIT ${sql.lit(CUSTOMERS_MAX)}`
}

async function lockCounters(tx: Tx, userIds: number[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ user_id: number; last_seq: number }>`
    SELECT user_id, last_seq FROM event_sequences FORCE INDEX (PRIMARY)
    WHERE user_id IN (${list(userIds)}) ORDER BY user_id FOR UPDATE SKIP LOCKED`.execute(tx)
  return new Map(rows.map(({ user_id, last_seq }) => [user_id, last_seq]))
}

interface Row {
  user_id: number
  sms_identifier: Buffer
  recipient_no: number
  version: number
  type: string
  makes_events: number
  threshold: number | null
  occurred_at: Date
}

type Waiting = Omit<LoggedEvent, 'seq'>

/** Without a lock: who has the counter is the only one that removes them. */
async function readWaiting(tx: Tx, userIds: number[], eventsMax: number): Promise<Waiting[]> {
  if (userIds.length === 0) return []
  const { rows } = await sql<Row>`
    SELECT user_id, sms_identifier, recipient_no, version, type, makes_events, threshold, occurred_at
    FROM event_queue FORCE INDEX (PRIMARY) WHERE user_id IN (${list(userIds)})
    ORDER BY user_id, sms_identifier, recipient_no, version LIMIT ${sql.lit(eventsMax)}`.execute(tx)
  return rows.map((row) => ({
    ...{ userId: row.user_id, smsIdentifier: identifierFromBytes(row.sms_identifier) },
    ...{ recipientNo: row.recipient_no, version: row.version, type: row.type },
    ...{ makesEvents: row.makes_events, threshold: row.threshold, occurredAt: row.occurred_at },
  }))
}

function number(waiting: Waiting[], counters: Map<number, number>): LoggedEvent[] {
  const last = new Map(counters)
  return waiting.map((event) => {
    const seq = (last.get(event.userId) ?? 0) + 1
    last.set(event.userId, seq)
    return { ...event, seq }
  })
}

function insertLog(tx: Tx, events: LoggedEvent[]): Promise<void> {
  return insertRows(
    tx,
    sql`INSERT INTO event_log (user_id, seq, sms_identifier, recipient_no, version, type, makes_events, threshold,
      occurred_at, sequenced_at)`,
    events.map((event) => [
      ...[event.userId, event.seq, identifierToBytes(event.smsIdentifier), event.recipientNo, event.version],
      ...[event.type, event.makesEvents, event.threshold, dateTime(event.occurredAt.getTime()), NOW],
    ]),
  )
}

/** Exactly what was read: others may have been inserted between them since. */
async function removeWaiting(tx: Tx, events: LoggedEvent[]): Promise<void> {
  const keys = events.map(({ userId, smsIdentifier, recipientNo, version }): Value[] => [
    ...[userId, identifierToBytes(smsIdentifier), recipientNo, version],
  ])
  const { numAffectedRows } = await sql`DELETE FROM event_queue
    WHERE ${keyIn(['user_id', 'sms_identifier', 'recipient_no', 'version'], keys)}`.execute(tx)
  if (Number(numAffectedRows) !== events.length)
    throw new Error(`${events.length} events were numbered and ${numAffectedRows} removed from the queue`)
}

async function writeCounters(tx: Tx, events: LoggedEvent[]): Promise<void> {
  const last = [...new Map(events.map(({ userId, seq }) => [userId, seq]))]
  const { numAffectedRows } = await sql`
    UPDATE JSON_TABLE(${JSON.stringify(last)}, '$[*]' COLUMNS (user_id BIGINT PATH '$[0]' ERROR ON ERROR,
      seq BIGINT PATH '$[1]' ERROR ON ERROR)) numbered
    STRAIGHT_JOIN event_sequences e FORCE INDEX (PRIMARY) ON e.user_id = numbered.user_id
    SET e.last_seq = numbered.seq`.execute(tx)
  if (Number(numAffectedRows) !== last.length)
    throw new Error(`${last.length} counters were to be written and ${numAffectedRows} were`)
}
