import { sql } from 'kysely'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { isCounted, readTotals } from '../reports/index.ts'
import type { Reason, Week } from './types.ts'
import { readWeekStates } from './weeks.ts'

interface Found {
  entries: number
  charges: number
  refunds: number
}

/**
 * Compares what was counted of a week while it was examined with what the reports say of its days. Of the ledger the money
 * alone: it has rows of other kinds. @returns why the week may not go.
 */
export async function compareRollups(db: Db, week: Week): Promise<Reason | undefined> {
  return read(db, 'retention.rollups', async (reader) => {
    if (!(await isCounted(reader, week.below))) return 'fold'
    const states = await readWeekStates(reader)
    const before = states.findLast(({ kind, belowMs }) => kind === week.kind && belowMs < week.belowMs)
    const totals = await readTotals(reader, { fromMs: before?.belowMs ?? 0, belowMs: week.belowMs })
    const { rows } = await sql<Found>`SELECT entries, charges, refunds FROM removed_weeks
      WHERE kind = ${week.kind} AND below = ${identifierToBytes(week.below)}`.execute(reader)
    const [found] = rows
    const isSame =
      found &&
      found.charges === -totals.charged &&
      found.refunds === totals.refunded &&
      (week.kind === 'ledger' || found.entries === totals.recipients)
    return isSame ? undefined : 'rollups'
  })
}
