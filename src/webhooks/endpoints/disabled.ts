import { sql } from 'kysely'
import { transact } from '../../platform/db/index.ts'
import type { Db, Reader } from '../../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../../primitives/identifier.ts'
import type { EndpointKey } from './types.ts'

/** An endpoint that gets no events any more, as an admin sees it. */
export interface DisabledEndpoint extends EndpointKey {
  url: string
  /** `gone` or `failing`. */
  reason: string | null
  /** The number of the last event that was tried. */
  position: number
  failingSince: Date | null
  updatedAt: Date
}

interface Row {
  id: Buffer
  user_id: number
  url: string | null
  disabled_reason: string | null
  position: number
  failing_since: Date | null
  updated_at: Date
}

/** @returns disabled endpoints of all customers, newest first. */
export async function listDisabled(reader: Reader, limit: number): Promise<DisabledEndpoint[]> {
  const { rows } = await sql<Row>`
    SELECT id, user_id, url, disabled_reason, position, failing_since, updated_at
    FROM webhook_endpoints FORCE INDEX (idx_webhook_endpoints_status)
    WHERE status = 'disabled' ORDER BY status DESC, id DESC LIMIT ${sql.lit(limit)}`.execute(reader)
  return rows.map((row) => ({
    ...{ endpointId: identifierFromBytes(row.id), userId: row.user_id, url: row.url ?? '' },
    ...{ reason: row.disabled_reason, position: row.position },
    ...{ failingSince: row.failing_since, updatedAt: row.updated_at },
  }))
}

export async function countDisabled(reader: Reader, countMax: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT COUNT(*) AS count FROM
    (SELECT 1 FROM webhook_endpoints FORCE INDEX (idx_webhook_endpoints_status) WHERE status = 'disabled'
      LIMIT ${sql.lit(countMax)}) counted`.execute(reader)
  return Number(rows[0]?.count ?? 0)
}

/**
 * Makes a disabled endpoint active again, as a test that succeeds does: its deliveries go on where they stopped.
 * @returns whether there is such an endpoint. @throws Unavailable, CommitUnknown.
 */
export function resumeEndpoint(db: Db, { userId, endpointId }: EndpointKey): Promise<boolean> {
  const id = identifierToBytes(endpointId)
  return transact(
    db,
    'webhooks.resume',
    async (tx) => {
      const { rows } = await sql<{
        status: string
      }>`SELECT status FROM webhook_endpoints FORCE INDEX (PRIMARY)
        WHERE id = ${id} AND user_id = ${userId} AND kind = 'endpoint' FOR UPDATE`.execute(tx)
      const [row] = rows
      if (row?.status === 'disabled')
        await sql`UPDATE webhook_endpoints FORCE INDEX (PRIMARY) SET status = 'active', disabled_reason = NULL,
            failures = 0, failing_since = NULL, paused_until = NULL, updated_at = NOW(3),
            due_at = IF(owner IS NULL, NOW(3), due_at)
          WHERE id = ${id}`.execute(tx)
      return row !== undefined
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}
