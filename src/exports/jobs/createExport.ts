import { sql } from 'kysely'
import { randomBytes } from 'node:crypto'
import { recordChange } from '../../accounts/index.ts'
import { databaseNowMs, dateTime, transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import type { ExportRequest, ExportView } from '../types.ts'
import { findExport } from './readExports.ts'

/** Each is worked on by turns, and has a file on the shared storage. */
export const OPEN_PER_CUSTOMER_MAX = 3
export const FILES_PER_CUSTOMER_MAX = 100
/** Of all customers: beyond it a new one would wait for too long. */
export const OPEN_MAX = 1_000
/**
 * A message is 30 s old at most when its accepting transaction commits: what was accepted before an export's end is in the
 * tables when it begins.
 */
export const SETTLED_AFTER_SECONDS = 60
const SECRET_BYTES = 32

export type CreateExportDecision =
  { kind: 'created'; view: ExportView } | { kind: 'too_many_open' | 'too_many_files' | 'overloaded' }

/**
 * Makes the row that relays work on. @param admin who asks for a customer's, which is recorded.
 * @throws Unavailable, CommitUnknown.
 */
export function createExport(
  { db, newId }: { db: Db; newId: () => string },
  request: ExportRequest,
  admin?: string,
): Promise<CreateExportDecision> {
  const [id, logId] = [newId(), newId()]
  const secret = randomBytes(SECRET_BYTES)
  const find = async (tx: Tx): Promise<CreateExportDecision | undefined> => {
    const view = await findExport(tx, { userId: request.userId, id }, databaseNowMs(db))
    return view && { kind: 'created', view }
  }
  return transact<CreateExportDecision>(
    db,
    'exports.create',
    async (tx) => {
      const there = await find(tx)
      if (there) return there
      const refused = await findBound(tx, request.userId)
      if (refused) return { kind: refused }
      await insert(tx, { id, secret, request })
      const { userId, what, format } = request
      const change = {
        actor: admin ?? '',
        action: 'export.create',
        userId,
        details: { export_id: id, what, format },
      } as const
      if (admin !== undefined) await recordChange(tx, logId, change)
      return (await find(tx)) as CreateExportDecision
    },
    { resolve: find },
  )
}

/** Under the customer's lock, so that requests at once are counted one after the other. */
async function findBound(
  tx: Tx,
  userId: number,
): Promise<'too_many_open' | 'too_many_files' | 'overloaded' | undefined> {
  await sql`SELECT user_id FROM customers WHERE user_id = ${userId} FOR UPDATE`.execute(tx)
  const count = async (states: string[], ofCustomer: boolean) => {
    const { rows } = await sql<{ count: number }>`SELECT COUNT(*) AS count FROM (
      SELECT 1 FROM exports FORCE INDEX (idx_exports_state) WHERE state IN (${sql.join(states)})
        ${ofCustomer ? sql`AND user_id = ${userId}` : sql``} LIMIT ${sql.lit(OPEN_MAX)}) AS bounded`.execute(
      tx,
    )
    return rows[0]?.count ?? 0
  }
  if ((await count(['queued', 'running'], true)) >= OPEN_PER_CUSTOMER_MAX) return 'too_many_open'
  if ((await count(['queued', 'running', 'done'], true)) >= FILES_PER_CUSTOMER_MAX) return 'too_many_files'
  if ((await count(['queued', 'running'], false)) >= OPEN_MAX) return 'overloaded'
  return undefined
}

async function insert(
  tx: Tx,
  { id, secret, request }: { id: string; secret: Buffer; request: ExportRequest },
): Promise<void> {
  const { userId, what, format, fromMs, untilMs, filters } = request
  await sql`INSERT INTO exports
      (id, user_id, what, format, from_at, until_at, filters, secret, state, due_at, created_at)
    VALUES (${identifierToBytes(id)}, ${userId}, ${what}, ${format}, ${dateTime(fromMs)}, ${dateTime(untilMs)},
      ${JSON.stringify(filters)}, ${secret}, 'queued',
      GREATEST(NOW(3), ${dateTime(untilMs)} + INTERVAL ${sql.lit(SETTLED_AFTER_SECONDS)} SECOND), NOW(3))`.execute(
    tx,
  )
}
