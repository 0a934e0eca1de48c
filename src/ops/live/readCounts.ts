import { sql } from 'kysely'
import { countQuarantine } from '../../messages/index.ts'
import type { Reader } from '../../platform/db/index.ts'
import { countUnmatched } from '../../receipts/index.ts'
import { countDisabled } from '../../webhooks/index.ts'
import type { Counts } from './types.ts'

/** Counting stops here: the page says that there are more. */
export const COUNT_MAX = 1_000

/** What waits for a person. Each count is bounded and has an index; none reads a table of messages. */
export async function readCounts(reader: Reader): Promise<Omit<Counts, 'deadLetters'>> {
  const quarantine = await countQuarantine(reader, COUNT_MAX)
  const receipts = await countUnmatched(reader, COUNT_MAX)
  const disabledWebhooks = await countDisabled(reader, COUNT_MAX)
  const { rows } = await sql<{ count: number }>`SELECT COUNT(*) AS count FROM
    (SELECT 1 FROM admin_actions WHERE state IN ('requested', 'running') LIMIT ${sql.lit(COUNT_MAX)}) counted`.execute(
    reader,
  )
  return { quarantine, receipts, disabledWebhooks, openActions: Number(rows[0]?.count ?? 0) }
}
