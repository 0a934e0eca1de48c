import { sql } from 'kysely'
import { firstReference, nextFree } from '../../operators/index.ts'
import { NOW, insertRows, list } from '../../platform/db/index.ts'
import type { Tx } from '../../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../../primitives/identifier.ts'
import { referenceOf } from '../recipients.ts'
import type { RecipientKey } from '../recipients.ts'
import { inOpenStates } from '../states.ts'

/** A message of several parts, with the digits of its number. */
export interface Wanted extends RecipientKey {
  recipient: string
}

/** A number while its references are given, under the lock of its counter. */
interface Counter {
  last: number
  /** Of unfinished messages. */
  open: Set<number>
}

/**
 * Gives each message the reference that it has already, or the next one that no unfinished message to its number has.
 * May run again after a lost COMMIT. @returns by position; undefined where every reference is taken.
 */
export async function giveReferences(tx: Tx, wanted: Wanted[]): Promise<(number | undefined)[]> {
  // In one order, so that two transactions do not wait for each other.
  const recipients = [...new Set(wanted.map(({ recipient }) => recipient))].sort()
  await lockCounters(tx, recipients)
  const counters = await readCounters(tx, recipients)
  const given = await readGiven(tx, recipients)
  for (const { recipient, reference, isOpen } of given.values())
    if (isOpen) counters.get(recipient)?.open.add(reference)
  const fresh: { message: Wanted; value: number }[] = []
  const values = wanted.map((message) => {
    const known = given.get(referenceOf(message))
    const counter = counters.get(message.recipient)
    if (known || !counter) return known?.reference
    const value = nextFree(counter.last, counter.open)
    if (value === undefined) return undefined
    counter.last = value
    counter.open.add(value)
    given.set(referenceOf(message), { recipient: message.recipient, reference: value, isOpen: true })
    fresh.push({ message, value })
    return value
  })
  await insertReferences(tx, fresh)
  if (fresh.length > 0) await writeCounters(tx, counters)
  return values
}

/** Makes what is missing, and locks all. */
async function lockCounters(tx: Tx, recipients: string[]): Promise<void> {
  const rows = recipients.map((recipient) => [recipient, firstReference(), NOW])
  await sql`INSERT INTO part_reference_counters (recipient, last_reference, used_at) VALUES ${list(rows)}
    ON DUPLICATE KEY UPDATE used_at = VALUES(used_at)`.execute(tx)
}

async function readCounters(tx: Tx, recipients: string[]): Promise<Map<string, Counter>> {
  const { rows } = await sql<{ recipient: string; last_reference: number }>`
    SELECT recipient, last_reference FROM part_reference_counters WHERE recipient IN (${list(recipients)})`.execute(
    tx,
  )
  return new Map(rows.map((row) => [row.recipient, { last: row.last_reference, open: new Set() }]))
}

interface Given {
  recipient: string
  reference: number
  /** Its message is not finished. */
  isOpen: boolean
}

/** The references at these numbers, by message. */
async function readGiven(tx: Tx, recipients: string[]): Promise<Map<string, Given>> {
  const { rows } = await sql<{
    sms_identifier: Buffer
    recipient_no: number
    recipient: string
    reference: number
    is_open: number | null
  }>`
    SELECT r.sms_identifier, r.recipient_no, r.recipient, r.reference, s.status ${inOpenStates()} AS is_open
    FROM part_references r FORCE INDEX (idx_part_references_recipient)
      LEFT JOIN sms_status s FORCE INDEX (PRIMARY)
      ON s.sms_identifier = r.sms_identifier AND s.recipient_no = r.recipient_no
    WHERE r.recipient IN (${list(recipients)})`.execute(tx)
  return new Map(
    rows.map(({ sms_identifier, recipient_no: recipientNo, recipient, reference, is_open }) => {
      const smsIdentifier = identifierFromBytes(sms_identifier)
      return [referenceOf({ smsIdentifier, recipientNo }), { recipient, reference, isOpen: is_open === 1 }]
    }),
  )
}

async function insertReferences(tx: Tx, fresh: { message: Wanted; value: number }[]): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO part_references (sms_identifier, recipient_no, recipient, reference, created_at)`,
    fresh.map(({ message: { smsIdentifier, recipientNo, recipient }, value }) => [
      identifierToBytes(smsIdentifier),
      recipientNo,
      recipient,
      value,
      NOW,
    ]),
  )
}

async function writeCounters(tx: Tx, counters: Map<string, Counter>): Promise<void> {
  const rows = [...counters].map(([recipient, { last }]) => [recipient, last, NOW])
  await sql`INSERT INTO part_reference_counters (recipient, last_reference, used_at) VALUES ${list(rows)}
    ON DUPLICATE KEY UPDATE last_reference = VALUES(last_reference)`.execute(tx)
}
