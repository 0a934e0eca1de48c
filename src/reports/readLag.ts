import { sql } from 'kysely'
import { nowMsIn, read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes, madeAtMs } from '../primitives/identifier.ts'
import { readEnds } from './position.ts'

/** How far reports are behind the messages. */
export interface Lag {
  /** The age of the newest message that is counted; 0 while there is no message. */
  behindSeconds: number
  /** Counted up to a bound. */
  changesWaiting: number
}

const COUNTED_MAX = 100_000

export function readLag(db: Db): Promise<Lag> {
  return read(db, 'reports.lag', async (reader) => {
    const { oldest, position } = await readEnds(reader)
    if (!oldest) return { behindSeconds: 0, changesWaiting: 0 }
    // Before the first fold the oldest message waits.
    const since = position.compare(oldest) < 0 ? oldest : position
    const behindMs = nowMsIn(reader) - madeAtMs(identifierFromBytes(since))
    const { rows } = await sql<{ waiting: number }>`SELECT COUNT(*) AS waiting
      FROM (SELECT 1 FROM report_changes LIMIT ${sql.lit(COUNTED_MAX)}) AS counted`.execute(reader)
    return { behindSeconds: Math.max(0, behindMs / 1_000), changesWaiting: Number(rows[0]?.waiting ?? 0) }
  })
}
