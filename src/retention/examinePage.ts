import { sql } from 'kysely'
import { openWeek, readFitting } from '../audit/index.ts'
import type { Cursor, EngineLimits, PageSize } from '../audit/index.ts'
import { transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierToBytes, valueBefore } from '../primitives/identifier.ts'
import type { Reason, WeekState } from './types.ts'

export type Examined = { kind: 'page' | 'over' } | { kind: 'held'; reason: Reason }

/** The scan of the audit that reads recipients. */
const MESSAGES = 'messages'

/**
 * Examines one page of a week's messages by the rules of the audit, from where it was examined last: what has come to its
 * end stays so. Adds up its recipients and their money, for the comparison with the reports.
 * @returns held for a page that is examined again later.
 */
export async function examinePage(
  db: Db,
  week: WeekState,
  { size, limits }: { size: PageSize; limits: EngineLimits },
): Promise<Examined> {
  const from = week.position === null ? undefined : (JSON.parse(week.position) as Position)
  if (from && 'isOver' in from) return { kind: 'over' }
  const upTo = valueBefore(week.below).replaceAll('-', '')
  const pass = openWeek(db, { after: '', upTo }, { from, limits })
  const { page: step } = await readFitting(size, (rowsMax) => pass.step(rowsMax))
  if (step.violations.length > 0) return { kind: 'held', reason: 'audit' }
  if (step.open > 0) return { kind: 'held', reason: 'open' }
  const cursor = pass.cursor()
  const end = cursor?.scan === MESSAGES ? cursor.after : upTo
  await saveExamined(db, week, {
    position: cursor ?? { isOver: true },
    counted: step.scan === MESSAGES ? { after: from?.after ?? '', end } : undefined,
  })
  return { kind: cursor ? 'page' : 'over' }
}

/** What was examined is not read again, also when something else keeps the week. */
type Position = Cursor | { isOver: true }

interface Saved {
  position: Position
  /** Identifiers in hex: above one, up to another. */
  counted: { after: string; end: string } | undefined
}

/** In one transaction, so that after a kill each recipient is in the sums once. */
function saveExamined(db: Db, { below, position }: WeekState, saved: Saved): Promise<void> {
  const { after, end } = saved.counted ?? { after: '', end: '' }
  return transact(db, 'retention.examined', async (tx) => {
    await sql`UPDATE removed_weeks w, (
        SELECT COUNT(*) AS entries, COALESCE(SUM(s.price), 0) AS charged,
               COALESCE(SUM(IF(s.status IN ('failed', 'cancelled'), s.price, s.returned)), 0) AS refunded
        FROM sms_status s FORCE INDEX (PRIMARY)
          STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = s.sms_identifier
        WHERE s.sms_identifier > ${Buffer.from(after, 'hex')} AND s.sms_identifier <= ${Buffer.from(end, 'hex')}
          AND NOT r.is_test) t
      SET w.entries = w.entries + t.entries, w.charges = w.charges - t.charged,
          w.refunds = w.refunds + t.refunded, w.position = ${JSON.stringify(saved.position)}
      WHERE w.kind = 'messages' AND w.below = ${identifierToBytes(below)} AND w.position <=> ${position}
        AND w.state = 'checking'`.execute(tx)
  })
}
