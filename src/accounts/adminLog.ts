import { sql } from 'kysely'
import { read } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { Page, PageQuery } from './types.ts'

/** What was done, in the words of the log. */
export type AdminAction =
  | 'customer.create'
  | 'customer.change'
  | 'customer.top_up'
  | 'key.create'
  | 'key.revoke'
  | 'tariff.create'
  | 'tariff.end'
  | 'operator.change'
  | 'dead_letters.replay'
  | 'dead_letters.drop'
  | 'quarantine.decide'
  | 'receipts.retry'
  | 'webhook.resume'
  | 'webhook.replay'
  | 'export.create'
  | 'export.delete'

/** One change, as it is to be recorded. */
export interface Change {
  /** Who did it: a key, an address, or a user of the command. */
  actor: string
  action: AdminAction
  /** The customer concerned; null for all. */
  userId: number | null
  /** What was set. Never a key. */
  details: Record<string, unknown>
}

export interface LogEntry extends Change {
  id: string
  createdAt: Date
}

/** The size of the column. */
const ACTOR_CHARS_MAX = 100

/** Records a change in the transaction that makes it. */
export async function recordChange(tx: Tx, id: string, change: Change): Promise<void> {
  const { actor, action, userId, details } = change
  await tx
    .insertInto('admin_log')
    .values({
      id: identifierToBytes(id),
      actor: actor.slice(0, ACTOR_CHARS_MAX),
      action,
      user_id: userId,
      details: JSON.stringify(details),
      created_at: sql`NOW(3)`,
    })
    .execute()
}

export async function isRecorded(tx: Tx, id: string): Promise<boolean> {
  const row = await tx
    .selectFrom('admin_log')
    .select('id')
    .where('id', '=', identifierToBytes(id))
    .executeTakeFirst()
  return row !== undefined
}

/** @returns the changes, newest first. */
export function readAdminLog(db: Db, { limit, before }: PageQuery): Promise<Page<LogEntry>> {
  return read(db, 'accounts.read_log', async (reader) => {
    const query = reader.selectFrom('admin_log').selectAll().orderBy('id', 'desc')
    const page = before === undefined ? query : query.where('id', '<', identifierToBytes(before))
    const rows = await page.limit(limit + 1).execute()
    const items = rows.slice(0, limit).map((row) => ({
      id: identifierFromBytes(row.id),
      actor: row.actor,
      action: row.action as AdminAction,
      userId: row.user_id,
      details: JSON.parse(row.details) as Record<string, unknown>,
      createdAt: row.created_at,
    }))
    return { items, nextBefore: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
  })
}
