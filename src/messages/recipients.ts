import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import { keyIn } from '../platform/db/index.ts'
import type { Tx, Value } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { Charging } from '../primitives/charging.ts'
import { oncePerRun } from '../primitives/oncePerRun.ts'
import { inOpenStates } from './states.ts'

/** The key of one recipient. */
export interface RecipientKey {
  smsIdentifier: string
  recipientNo: number
}

/** The status and the owner of one recipient, under the row lock. */
export interface RecipientState extends RecipientKey {
  /** What operators know the message by: the same at every submission. */
  reference: string
  status: SmsState
  /** The last claim, in hex. It stays after the end, so that a repeated settlement recognises its own work. */
  owner: string | null
  /** Whether its changes make events, as bits (see events); 0 for none. */
  makesEvents: number
  /** What the customer got back for it already, in the smallest unit. */
  returned: number
  charging: Charging
}

/** One recipient as it stands under the row lock; times are judged by the database's clock. */
export interface Recipient extends RecipientState {
  userId: number
  recipient: string
  /** In the smallest unit. */
  price: number
  parts: number
  /** Rounds so far in which an operator was called, and the one that is under way. */
  attempts: number
  /** Submissions whose result is unknown or was never stored. */
  unconfirmed: number
  /** Since acceptance. */
  ageMs: number
  /** The end of the owner's lease while that lies in the future. */
  liveUntil: Date | null
  possiblySent: boolean
  possibleDuplicate: boolean
}

interface StateRow {
  sms_identifier: Buffer
  recipient_no: number
  status: SmsState
  owner: Buffer | null
  makes_events: number
  returned: number
  charging: Charging
}

interface Row extends StateRow {
  user_id: number
  recipient: string
  price: number
  parts: number
  attempts: number
  unconfirmed: number
  age_ms: number
  lease_until: Date | null
  live: number | null
  possibly_sent: number
  possible_duplicate: number
}

export interface KeyRange {
  smsIdentifier: string
  first: number
  last: number
}

/** Locks recipients by key and in key order, the same order everywhere. */
export async function lockRecipients(tx: Tx, ranges: KeyRange[]): Promise<Recipient[]> {
  if (ranges.length === 0) return []
  const { rows } = await sql<Row>`
    SELECT sms_identifier, recipient_no, user_id, recipient, status, owner, lease_until,
           lease_until > NOW(3) AS live, possibly_sent, possible_duplicate, price, parts, attempts, unconfirmed,
           makes_events, returned, charging,
           TIMESTAMPDIFF(MICROSECOND, created_at, NOW(3)) / 1000 AS age_ms
    FROM sms_status FORCE INDEX (PRIMARY)
    WHERE ${inRanges(ranges)}
    ORDER BY sms_identifier, recipient_no
    FOR UPDATE`.execute(tx)
  const toState = stateReader()
  return rows.map((row) => ({
    ...toState(row),
    userId: row.user_id,
    recipient: row.recipient,
    price: row.price,
    parts: row.parts,
    attempts: row.attempts,
    unconfirmed: row.unconfirmed,
    ageMs: Number(row.age_ms),
    liveUntil: row.live === 1 ? row.lease_until : null,
    possiblySent: row.possibly_sent === 1,
    possibleDuplicate: row.possible_duplicate === 1,
  }))
}

/** The same for those whose content is known already, at half the cost. */
export async function lockStates(tx: Tx, ranges: KeyRange[]): Promise<RecipientState[]> {
  if (ranges.length === 0) return []
  const { rows } = await sql<StateRow>`
    SELECT sms_identifier, recipient_no, status, owner, makes_events, returned, charging FROM sms_status FORCE INDEX (PRIMARY)
    WHERE ${inRanges(ranges)}
    ORDER BY sms_identifier, recipient_no
    FOR UPDATE`.execute(tx)
  return rows.map(stateReader())
}

/** For rows in key order: those of one request follow each other, and share one text of its identifier. */
function stateReader(): (row: StateRow) => RecipientState {
  const identifierOf = oncePerRun(identifierFromBytes, areEqual)
  const ownerOf = oncePerRun((owner: Buffer) => owner.toString('hex'), areEqual)
  return ({ sms_identifier, recipient_no: recipientNo, makes_events: makesEvents, ...row }) => {
    const smsIdentifier = identifierOf(sms_identifier)
    const { status, owner, returned, charging } = row
    return {
      ...{ smsIdentifier, recipientNo, reference: referenceOf({ smsIdentifier, recipientNo }) },
      ...{ status, owner: owner && ownerOf(owner), makesEvents, returned, charging },
    }
  }
}

function areEqual(one: Buffer, other: Buffer): boolean {
  return one.equals(other)
}

/** Quarantined: no claim takes it, and only a person or a receipt decides. */
export function isQuarantined({ status, owner }: RecipientState): boolean {
  return status === 'sending' && owner === null
}

/** @returns whether any of the recipients is open and not quarantined, this transaction's writes included. Locks nothing. */
export async function hasUnfinished(tx: Tx, ranges: KeyRange[]): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM sms_status FORCE INDEX (PRIMARY)
    WHERE ${inRanges(ranges)} AND status ${inOpenStates()} AND NOT (status = 'sending' AND owner IS NULL)
    LIMIT 1`.execute(tx)
  return rows.length > 0
}

/** Ranges of at least this many recipients are terms of their own: a batch of 2,000 recipients has 200 at most. */
const RANGE_RECIPIENTS_MIN = 10
/** Above some 10,000 keys MySQL's range optimizer runs out of memory, and reads and locks the whole table instead. */
export const KEYS_MAX = 5_000

/**
 * The condition that names recipients by ranges of the primary key, with short ranges in one key list. MySQL and
 * MariaDB test OR terms one by one per row (16 times slower for 2,000 keys), but binary-search a list.
 */
export function inRanges(ranges: KeyRange[]): RawBuilder<boolean> {
  const keys: Value[][] = []
  const terms: RawBuilder<unknown>[] = []
  for (const { smsIdentifier, first, last } of ranges) {
    const id = identifierToBytes(smsIdentifier)
    if (last - first + 1 >= RANGE_RECIPIENTS_MIN)
      terms.push(sql`(sms_identifier = ${id} AND recipient_no BETWEEN ${first} AND ${last})`)
    else for (let no = first; no <= last; no++) keys.push([id, no])
  }
  if (keys.length > 0) terms.push(inKeys(keys))
  if (keys.length + terms.length > KEYS_MAX)
    throw new RangeError(`${keys.length} recipients in one statement`)
  return sql<boolean>`(${sql.join(terms, sql` OR `)})`
}

export function inKeys(keys: Value[][]): RawBuilder<boolean> {
  return keyIn(['sms_identifier', 'recipient_no'], keys)
}

/** Folds keys in key order into as few ranges as hold exactly them. */
export function toRanges(keys: RecipientKey[]): KeyRange[] {
  const ranges: KeyRange[] = []
  for (const { smsIdentifier, recipientNo } of sortByKey(keys)) {
    const last = ranges.at(-1)
    if (last?.smsIdentifier === smsIdentifier && last.last + 1 === recipientNo) last.last = recipientNo
    else ranges.push({ smsIdentifier, first: recipientNo, last: recipientNo })
  }
  return ranges
}

function sortByKey(keys: RecipientKey[]): RecipientKey[] {
  return [...keys].sort((a, b) => {
    if (a.smsIdentifier === b.smsIdentifier) return a.recipientNo - b.recipientNo
    return a.smsIdentifier < b.smsIdentifier ? -1 : 1
  })
}

/** @returns what operators know a recipient's message by. */
export function referenceOf({ smsIdentifier, recipientNo }: RecipientKey): string {
  return `${smsIdentifier}:${recipientNo}`
}
