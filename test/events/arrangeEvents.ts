import { sql } from 'kysely'
import { sequence } from '../../src/events/index.ts'
import type { OnSequenced } from '../../src/events/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../src/primitives/identifier.ts'
import { changeSettings } from '../../src/webhooks/index.ts'
import { look } from '../support/arrange.ts'

/** Switches the feed of a customer on, which makes its messages make events. */
export async function turnFeedOn(db: Db, userId: number, lowBalance: number | null = null): Promise<void> {
  await changeSettings(db, userId, { isFeedOn: true, lowBalance })
}

/** Numbers all that waits, in batches. @returns how many. */
export async function sequenceAll(
  db: Db,
  { eventsMax = 1_000, onSequenced }: { eventsMax?: number; onSequenced?: OnSequenced } = {},
): Promise<number> {
  let count = 0
  let ofCycle = 0
  for (let above = Number.MIN_SAFE_INTEGER; ;) {
    const hook = onSequenced ? { onSequenced } : {}
    const { events, last } = await sequence(db, { above, eventsMax, ...hook })
    count += events.length
    ofCycle += events.length
    if (last === undefined && ofCycle === 0) return count
    if (last === undefined) ofCycle = 0
    above = last ?? Number.MIN_SAFE_INTEGER
  }
}

interface Row {
  user_id: number
  seq: number
  sms_identifier: Buffer
  recipient_no: number
  version: number
  type: string
}

/** The log as `<customer> <number> <type> <message>:<recipient>`. */
export async function logOf(db: Db): Promise<string[]> {
  const rows = await look(db, sql<Row>`SELECT * FROM event_log ORDER BY user_id, seq`)
  return rows.map((row) => `${row.user_id} ${row.seq} ${nameOf(row)}`)
}

/** The events without a number as `<type> <message>:<recipient>`, in the order of the key. */
export async function queueOf(db: Db): Promise<string[]> {
  const rows = await look(
    db,
    sql<Row>`SELECT * FROM event_queue ORDER BY user_id, sms_identifier, recipient_no, version`,
  )
  return rows.map(nameOf)
}

function nameOf({ type, sms_identifier, recipient_no }: Omit<Row, 'seq'>): string {
  return `${type} ${identifierFromBytes(sms_identifier)}:${recipient_no}`
}
