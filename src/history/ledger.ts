import { sql } from 'kysely'
import type { Reader } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { Identifier } from '../primitives/identifier.ts'

/** Sums of a week that is being read do not count before the ledger begins after it. */
const OF_REMOVED_WEEKS = sql`
  JOIN removed_weeks w ON w.kind = 'ledger' AND w.below = l.below AND w.state IN ('closing', 'dropped')`

/** Those of one customer over all removed weeks, with the sums of the states of its chain, as 32 bits each. */
export interface RemovedSums {
  userId: number
  entries: number
  /** Signed sums of amounts. */
  topups: number
  charges: number
  refunds: number
  a: number
  b: number
}

type Summed = Record<'user_id' | 'entries' | 'topups' | 'charges' | 'refunds' | 'a' | 'b', string | number>

const TWO_TO_32 = 2 ** 32

/**
 * @returns what is kept of the customers above a number and up to another, in the order of their numbers.
 * @param beginsAt only of weeks up to this bound.
 */
export async function readRemovedLedger(
  reader: Reader,
  { above, upTo, beginsAt }: { above: number; upTo: number; beginsAt: Identifier },
): Promise<RemovedSums[]> {
  const { rows } = await sql<Summed>`
    SELECT l.user_id, SUM(l.entries) AS entries, SUM(l.topups) AS topups, SUM(l.charges) AS charges,
           SUM(l.refunds) AS refunds, SUM(l.chain_a) AS a, SUM(l.chain_b) AS b
    FROM removed_ledger l FORCE INDEX (PRIMARY) ${OF_REMOVED_WEEKS}
    WHERE l.user_id > ${above} AND l.user_id <= ${upTo} AND l.below <= ${identifierToBytes(beginsAt)}
    GROUP BY l.user_id ORDER BY l.user_id`.execute(reader)
  return rows.map((row) => ({
    ...{ userId: Number(row.user_id), entries: Number(row.entries), topups: Number(row.topups) },
    ...{ charges: Number(row.charges), refunds: Number(row.refunds) },
    ...{ a: (Number(row.a) % TWO_TO_32) | 0, b: (Number(row.b) % TWO_TO_32) | 0 },
  }))
}

/** @returns the customer's balance after the removed rows of its ledger: what the others add to; 0 without any. */
export async function readBroughtForward(reader: Reader, userId: number): Promise<number> {
  const { rows } = await sql<{ balance: string | number }>`
    SELECT COALESCE(SUM(l.topups + l.charges + l.refunds), 0) AS balance
    FROM removed_ledger l FORCE INDEX (PRIMARY) ${OF_REMOVED_WEEKS}
    WHERE l.user_id = ${userId}`.execute(reader)
  return Number(rows[0]?.balance ?? 0)
}

/** @returns the bounds of the weeks whose ledger is removed, the oldest first: some hundred after years. */
export async function listRemovedWeeks(reader: Reader): Promise<Identifier[]> {
  const { rows } = await sql<{ below: Buffer }>`SELECT below FROM removed_weeks
    WHERE kind = 'ledger' AND state IN ('closing', 'dropped') ORDER BY below`.execute(reader)
  return rows.map(({ below }) => identifierFromBytes(below))
}

/** @returns whether the sums of a week are those of its customers. */
export async function isWeekEqual(reader: Reader, below: Identifier): Promise<boolean> {
  const { rows } = await sql<{ is_equal: number }>`
    SELECT COALESCE(w.entries = SUM(l.entries) AND w.topups = SUM(l.topups) AND w.charges = SUM(l.charges)
             AND w.refunds = SUM(l.refunds), w.entries = 0) AS is_equal
    FROM removed_weeks w
      LEFT JOIN removed_ledger l FORCE INDEX (idx_removed_ledger_below) ON l.below = w.below
    WHERE w.kind = 'ledger' AND w.below = ${identifierToBytes(below)}
    GROUP BY w.below, w.entries, w.topups, w.charges, w.refunds`.execute(reader)
  return Number(rows[0]?.is_equal) === 1
}
