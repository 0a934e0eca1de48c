import { sql } from 'kysely'
import type { ReportChanges } from '../../db/schema.ts'
import { keyIn, nowMsIn } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { lowestAt } from '../primitives/identifier.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import { inRanges, toRanges } from './recipients.ts'
import type { RecipientKey } from './recipients.ts'

/**
 * Reports count a message once it is this old, and what changes later a second time (decision 0039). Longer than most
 * messages take, their receipt included, so that few are counted twice.
 */
export const COUNTED_AFTER_MS = 45_000
/**
 * A younger message is not counted yet, whatever the clocks of two processes say. Longer than the longest accept: a bulk
 * has 20 s for one transaction, after some lock waits.
 */
const YOUNG_MS = 30_000

/** Called after rows were inserted: the fold then waits for their commit, and finds none later. @throws Unavailable. */
export function refuseOld(tx: Tx, smsIdentifiers: readonly string[]): void {
  const oldest = lowestAt(nowMsIn(tx) - YOUNG_MS)
  if (smsIdentifiers.some((smsIdentifier) => smsIdentifier < oldest))
    throw new Unavailable('unavailable', 'Accepting took too long. Nothing was charged; retry.')
}

/** What changes for reports; `row`: the delivery status that the row has now. */
export type Change = Pick<ReportChanges, 'was'> & { became: ReportChanges['became'] | 'row' }

/**
 * Leaves a note for the fold of each counted recipient; young ones cost no statement. Called in the transaction that
 * locked and changed the rows: either the fold that counts them waits for that lock and sees the new state, or it was
 * first, and this sees how far it counted.
 */
export async function noteChanges(tx: Tx, rows: readonly RecipientKey[], change: Change): Promise<void> {
  const young = lowestAt(nowMsIn(tx) - YOUNG_MS)
  const old = rows.filter(({ smsIdentifier }) => smsIdentifier < young)
  if (old.length === 0) return
  const became = change.became === 'row' ? sql.ref('delivery_status') : sql.lit(change.became)
  await sql`INSERT INTO report_changes (sms_identifier, recipient_no, was, became)
    SELECT sms_identifier, recipient_no, ${sql.lit(change.was)}, ${became} FROM sms_status FORCE INDEX (PRIMARY)
    WHERE ${inRanges(toRanges(old))}
      AND sms_identifier <= (SELECT folded_until FROM report_positions WHERE id = 1)`.execute(tx)
}

/** The key of a noted change. */
export interface ChangeKey {
  smsIdentifier: Buffer
  recipientNo: number
  was: ReportChanges['was']
}

const KEYS_PER_DELETE_MAX = 1_000

/** Removes changes that are counted, in the transaction that counts them. */
export async function removeChanges(tx: Tx, changes: readonly ChangeKey[]): Promise<void> {
  for (let start = 0; start < changes.length; start += KEYS_PER_DELETE_MAX) {
    const keys = changes
      .slice(start, start + KEYS_PER_DELETE_MAX)
      .map(({ smsIdentifier, recipientNo, was }) => [smsIdentifier, recipientNo, was])
    const { numAffectedRows } =
      await sql`DELETE FROM report_changes WHERE ${keyIn(['sms_identifier', 'recipient_no', 'was'], keys)}`.execute(
        tx,
      )
    if (Number(numAffectedRows) !== keys.length)
      throw new Error(`${keys.length} changes were counted and ${numAffectedRows} removed`)
  }
}
