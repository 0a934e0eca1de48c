import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import type { Tx } from '../platform/db/index.ts'
import { oncePerRun } from '../primitives/oncePerRun.ts'
import { inRanges, toRanges } from './recipients.ts'
import type { RecipientKey, RecipientState } from './recipients.ts'
import { assertTransition } from './status.ts'

/**
 * The writes of a recipient's way. Each takes rows that were read under their lock in this transaction and updates
 * exactly those: a compare-and-set for a whole batch.
 */

/** Claims rows for a try, or renews the claim. `again`: an operator may have them already, so that they are marked as
 * possible duplicates before the try (invariant 4). */
export async function markSending(
  tx: Tx,
  rows: RecipientState[],
  claim: { owner: string; leaseSeconds: number; again: boolean },
): Promise<void> {
  const marks = claim.again ? sql`, possibly_sent = TRUE, possible_duplicate = TRUE` : sql``
  const owner = Buffer.from(claim.owner, 'hex')
  const leaseUntil = sql`NOW(3) + INTERVAL ${sql.lit(claim.leaseSeconds)} SECOND`
  await move(tx, rows, 'sending', sql`owner = ${owner}, lease_until = ${leaseUntil}${marks}`)
}

export interface Taken extends RecipientKey {
  providerMessageId: string
}

/** An operator took them and named each. */
export async function markDone(
  tx: Tx,
  rows: RecipientState[],
  provider: string,
  taken: Taken[],
): Promise<void> {
  if (rows.length === 0) return
  for (const row of rows) assertTransition(row.status, 'done')
  const hexOf = oncePerRun(
    (identifier: string) => identifier.replaceAll('-', ''),
    (one, other) => one === other,
  )
  const keyed = taken.map(({ smsIdentifier, recipientNo, providerMessageId }) => [
    hexOf(smsIdentifier),
    recipientNo,
    providerMessageId,
  ])
  // Each row has a value of its own. Coming from the list, it is found once by its key; a CASE with a branch for each
  // would be searched anew for each. The list's column is wider than the table's, because MariaDB cuts what does not
  // fit the former without a word, and what does not fit the latter is refused.
  const { numAffectedRows } = await sql`
    UPDATE JSON_TABLE(${JSON.stringify(keyed)}, '$[*]' COLUMNS (sms_identifier CHAR(32) PATH '$[0]',
        recipient_no SMALLINT UNSIGNED PATH '$[1]',
        provider_message_id VARCHAR(255) CHARACTER SET utf8mb4 PATH '$[2]' ERROR ON ERROR)) taken
      STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY)
      ON s.sms_identifier = UNHEX(taken.sms_identifier) AND s.recipient_no = taken.recipient_no
    SET s.status = 'done', s.updated_at = NOW(3), s.provider = ${provider},
        s.provider_message_id = taken.provider_message_id`.execute(tx)
  assertAllUpdated(rows, numAffectedRows)
}

/** No operator takes them; `possiblySent`: one may have, without saying so. Refunds belong to the same transaction. */
export async function markFailed(
  tx: Tx,
  rows: RecipientState[],
  end: { provider: string; possiblySent: boolean },
): Promise<void> {
  const mark = end.possiblySent ? sql`, possibly_sent = TRUE` : sql``
  await move(tx, rows, 'failed', sql`provider = ${end.provider}${mark}`)
}

/** To be tried again through the outbox. `tried`: an operator was asked, so that the grace runs from now. */
export async function release(
  tx: Tx,
  rows: RecipientState[],
  how: { tried: boolean; possiblySent: boolean },
): Promise<void> {
  const since = how.tried ? sql`, retrying_since = COALESCE(retrying_since, NOW(3))` : sql``
  const mark = how.possiblySent ? sql`, possibly_sent = TRUE` : sql``
  await move(tx, rows, 'pending', sql`owner = NULL, lease_until = NULL${since}${mark}`)
}

async function move(
  tx: Tx,
  rows: RecipientState[],
  to: SmsState,
  changes: RawBuilder<unknown>,
): Promise<void> {
  if (rows.length === 0) return
  for (const row of rows) assertTransition(row.status, to)
  const { numAffectedRows } = await sql`UPDATE sms_status FORCE INDEX (PRIMARY)
    SET status = ${to}, updated_at = NOW(3), ${changes}
    WHERE ${inRanges(toRanges(rows))}`.execute(tx)
  assertAllUpdated(rows, numAffectedRows)
}

function assertAllUpdated(rows: RecipientState[], updated: bigint | undefined): void {
  if (Number(updated) !== rows.length)
    throw new Error(`${rows.length} recipients were decided and ${updated} updated`)
}
