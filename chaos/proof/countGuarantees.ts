import { sql } from 'kysely'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'

/** The results of guarantees; the audit proves that each row is right. */
export interface Guarantees {
  missed: number
  compensated: number
  /** What the compensated got back, in the smallest unit. */
  compensation: number
  /** Missed, and not compensated yet. */
  due: number
  /** Recipients that a second operator got while the first had not answered. */
  hedges: number
}

export async function countGuarantees(db: Db): Promise<Guarantees> {
  const { rows } = await read(db, 'chaos.guarantees', (reader) =>
    sql<Record<keyof Guarantees, number | string>>`
      SELECT COUNT(*) AS missed, COUNT(compensated_at) AS compensated, COALESCE(SUM(compensation), 0) AS compensation,
        COUNT(due_at) AS due,
        (SELECT COUNT(DISTINCT sms_identifier, recipient_no) FROM delivery_attempts WHERE is_hedge) AS hedges
      FROM deadline_misses`.execute(reader),
  )
  const count = (what: keyof Guarantees) => Number(rows[0]?.[what] ?? 0)
  return {
    ...{ missed: count('missed'), compensated: count('compensated'), compensation: count('compensation') },
    ...{ due: count('due'), hedges: count('hedges') },
  }
}
