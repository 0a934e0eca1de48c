import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import type { Tx } from '../platform/db/index.ts'
import { noteChanges } from './changes.ts'
import { KEYS_MAX, inRanges, toRanges } from './recipients.ts'
import type { RecipientState } from './recipients.ts'
import { assertTransition } from './states.ts'

/**
 * Status transitions. Each takes rows that were read under their lock in this transaction and updates exactly those: a
 * compare-and-set for a whole batch.
 */

export interface Claim {
  /** 8 random bytes in hex. */
  owner: string
  leaseSeconds: number
}

/**
 * Claims rows for an attempt. It counts as unconfirmed until its result is stored; that of rows which an operator may
 * have counts when they are submitted again, if they are.
 */
export async function markSending(
  tx: Tx,
  rows: RecipientState[],
  { isDoubtful = false, ...claim }: Claim & { isDoubtful?: boolean },
): Promise<void> {
  const mark = isDoubtful ? sql`possibly_sent = TRUE` : COUNTED
  await move(tx, rows, 'sending', sql`${claimed(claim)}, ${mark}, attempts = LEAST(attempts + 1, 65535)`)
}

export interface Renewing extends Claim {
  /** An operator may have them already: they are marked as possible duplicates before the submission (invariant 4). */
  marks: boolean
  /** The claim counted its first submission; a further one is counted here. */
  counts: boolean
}

/** Renews a claim before a submission within it. */
export async function renewSending(
  tx: Tx,
  rows: RecipientState[],
  { marks, counts, ...claim }: Renewing,
): Promise<void> {
  const mark = marks ? sql`, possibly_sent = TRUE, possible_duplicate = TRUE` : sql``
  await move(tx, rows, 'sending', sql`${claimed(claim)}${mark}${counts ? sql`, ${COUNTED}` : sql``}`)
}

const COUNTED = sql`unconfirmed = LEAST(unconfirmed + 1, 255)`

function claimed({ owner, leaseSeconds }: Claim): RawBuilder<unknown> {
  return sql`owner = ${Buffer.from(owner, 'hex')},
    lease_until = NOW(3) + INTERVAL ${sql.lit(leaseSeconds)} SECOND`
}

export interface Done {
  provider: string
  /** What the operator charges, by position, in the smallest unit; null where that is not known, and left out for all. */
  costs?: readonly (number | null)[]
}

/** An operator took them. The owner stays, so that a repeated settlement recognises its own work. */
export async function markDone(tx: Tx, rows: RecipientState[], end: Done): Promise<void> {
  const costed = rows.flatMap((row, position) => {
    const cost = end.costs?.[position] ?? null
    return cost === null ? [] : [{ row, cost }]
  })
  const known = new Set(costed.map(({ row }) => row))
  const others = known.size === 0 ? rows : rows.filter((row) => !known.has(row))
  await move(tx, others, 'done', sql`provider = ${end.provider}, handed_over_at = NOW(3)`)
  await markCosted(tx, costed, end.provider)
  await noteChanges(tx, rows, { was: 'open', became: 'sent' })
}

/** The same for those whose cost is known: each has its own, which comes from a list as in markFailed. */
async function markCosted(
  tx: Tx,
  costed: { row: RecipientState; cost: number }[],
  provider: string,
): Promise<void> {
  if (costed.length === 0) return
  for (const { row } of costed) assertTransition(row.status, 'done')
  const values = costed.map(({ row, cost }) => [row.smsIdentifier.replaceAll('-', ''), row.recipientNo, cost])
  const { numAffectedRows } = await sql`
    UPDATE JSON_TABLE(${JSON.stringify(values)}, '$[*]' COLUMNS (sms_identifier CHAR(32) PATH '$[0]',
        recipient_no SMALLINT UNSIGNED PATH '$[1]', cost BIGINT PATH '$[2]')) done
      STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY)
      ON s.sms_identifier = UNHEX(done.sms_identifier) AND s.recipient_no = done.recipient_no
    SET s.status = 'done', s.updated_at = NOW(3), s.provider = ${provider}, s.handed_over_at = NOW(3),
        s.cost = done.cost`.execute(tx)
  assertAllUpdated(costed, numAffectedRows)
}

/** What follows is decided by the release; `unconfirmed` counts submissions with an unknown result. */
export interface Release {
  /** An operator said something about it. Otherwise the claim does not count as an attempt. */
  tried: boolean
  possiblySent: boolean
  unconfirmed: number
  /** It was quarantined: what is submitted now is a repeat, whatever is known of its parts. */
  endsQuarantine?: boolean
}

/** They are submitted again through the outbox. */
export async function release(tx: Tx, rows: RecipientState[], how: Release): Promise<void> {
  // Before the owner is removed: assignments take effect from left to right. Without an owner no claim is taken back.
  const counted = how.tried
    ? sql`retrying_since = COALESCE(retrying_since, NOW(3))`
    : sql`attempts = IF(owner IS NULL OR attempts = 0, attempts, attempts - 1)`
  const repeat = how.endsQuarantine ? sql`, possible_duplicate = TRUE` : sql``
  await move(
    tx,
    rows,
    'pending',
    sql`${counted}, owner = NULL, lease_until = NULL, unconfirmed = ${sql.lit(how.unconfirmed)},
      possibly_sent = ${how.possiblySent}${repeat}`,
  )
}

export interface Failure {
  row: RecipientState
  /** The operator that decided it; empty when none did. */
  provider: string
  reason: string
  /** An operator may have taken it without saying so. */
  possiblySent: boolean
  /** Its claim ended without a call, and does not count as an attempt. */
  isUntried?: boolean
}

const FAILURE_REASON_CHARS_MAX = 255

/** No operator takes them. Refunds belong to the same transaction. */
export async function markFailed(tx: Tx, failures: Failure[]): Promise<void> {
  if (failures.length === 0) return
  for (const { row } of failures) assertTransition(row.status, 'failed')
  const values = failures.map(({ row, provider, reason, possiblySent, isUntried }) => [
    row.smsIdentifier.replaceAll('-', ''),
    row.recipientNo,
    provider,
    reason.slice(0, FAILURE_REASON_CHARS_MAX),
    possiblySent ? 1 : 0,
    isUntried ? 1 : 0,
  ])
  // Each row has values of its own from a list, where its key finds it once; a CASE with a branch for each would be
  // searched anew. The list's column is wider than the table's, because MariaDB cuts silently.
  const { numAffectedRows } = await sql`
    UPDATE JSON_TABLE(${JSON.stringify(values)}, '$[*]' COLUMNS (sms_identifier CHAR(32) PATH '$[0]',
        recipient_no SMALLINT UNSIGNED PATH '$[1]', provider VARCHAR(50) PATH '$[2]',
        reason VARCHAR(1000) CHARACTER SET utf8mb4 PATH '$[3]', possibly_sent TINYINT PATH '$[4]',
        untried TINYINT PATH '$[5]')) failed
      STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY)
      ON s.sms_identifier = UNHEX(failed.sms_identifier) AND s.recipient_no = failed.recipient_no
    SET s.status = 'failed', s.updated_at = NOW(3), s.provider = failed.provider, s.failure_reason = failed.reason,
        s.possibly_sent = failed.possibly_sent,
        s.attempts = s.attempts - IF(s.attempts > 0, failed.untried, 0)`.execute(tx)
  assertAllUpdated(failures, numAffectedRows)
  await noteChanges(
    tx,
    failures.map(({ row }) => row),
    { was: 'open', became: 'failed' },
  )
}

/** No operator has them, and none will. Refunds belong to the same transaction. */
export async function markCancelled(tx: Tx, rows: RecipientState[]): Promise<void> {
  await move(tx, rows, 'cancelled', sql`owner = NULL, lease_until = NULL`)
  await noteChanges(tx, rows, { was: 'open', became: 'cancelled' })
}

/** Quarantined: an open state without an owner and without a lease, which no claim takes. */
export async function markQuarantined(tx: Tx, rows: RecipientState[]): Promise<void> {
  await move(tx, rows, 'sending', sql`owner = NULL, lease_until = NULL, possibly_sent = TRUE`)
}

/** The list of keys is a term as well. */
const ROWS_PER_UPDATE_MAX = KEYS_MAX - 1

async function move(
  tx: Tx,
  rows: RecipientState[],
  to: SmsState,
  changes: RawBuilder<unknown>,
): Promise<void> {
  if (rows.length === 0) return
  for (const row of rows) assertTransition(row.status, to)
  for (let start = 0; start < rows.length; start += ROWS_PER_UPDATE_MAX) {
    const some = rows.slice(start, start + ROWS_PER_UPDATE_MAX)
    const { numAffectedRows } = await sql`UPDATE sms_status FORCE INDEX (PRIMARY)
      SET status = ${to}, updated_at = NOW(3), ${changes}
      WHERE ${inRanges(toRanges(some))}`.execute(tx)
    assertAllUpdated(some, numAffectedRows)
  }
}

function assertAllUpdated(rows: unknown[], updated: bigint | undefined): void {
  if (Number(updated) !== rows.length)
    throw new Error(`${rows.length} recipients were decided and ${updated} updated`)
}
