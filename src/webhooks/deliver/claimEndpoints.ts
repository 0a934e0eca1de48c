import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { list, transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'

/** An endpoint that this process alone works on until its lease ends. */
export interface ClaimedEndpoint {
  id: Buffer
  userId: number
  kind: 'endpoint' | 'callback'
  /** Null for callbacks: each delivery has its own. */
  url: string | null
  eventTypes: string[] | null
  includeText: boolean
  /** The present one, and the one before it while both sign; of a callback the customer's. */
  secrets: string[]
  isDisabled: boolean
  position: number
  /** In a row. */
  failures: number
  isSlow: boolean
  owner: Buffer
}

interface Row {
  id: Buffer
  user_id: number
  kind: 'endpoint' | 'callback'
  url: string | null
  event_types: string | null
  include_text: number
  secret: string | null
  previous_secret: string | null
  status: 'active' | 'disabled'
  position: number
  failures: number
  is_slow: number
}

/** Above the longest turn: it begins deliveries for TURN_MS, and each ends within the bound of one. */
const LEASE_SECONDS = 90
const OWNER_BYTES = 8

/**
 * Claims endpoints that have something to do, the longest due first; may run again after a lost COMMIT. A process that
 * died is followed by another one when its lease ends, which repeats what was not recorded: at least once.
 */
export function claimEndpoints(
  db: Db,
  { isSlow, endpointsMax }: { isSlow: boolean; endpointsMax: number },
): Promise<ClaimedEndpoint[]> {
  const owner = randomBytes(OWNER_BYTES)
  return transact(
    db,
    'webhooks.claim',
    async (tx) => {
      const { rows } = await sql<Row>`${dueEndpoints(isSlow, endpointsMax)} FOR UPDATE SKIP LOCKED`.execute(
        tx,
      )
      if (rows.length === 0) return []
      await sql`UPDATE webhook_endpoints FORCE INDEX (PRIMARY)
        SET owner = ${owner}, due_at = NOW(3) + INTERVAL ${sql.lit(LEASE_SECONDS)} SECOND
        WHERE id IN (${list(rows.map(({ id }) => id))})`.execute(tx)
      const secrets = await readSecrets(tx, rows)
      return rows.map((row) => toClaimed(row, owner, secrets.get(row.user_id)))
    },
    // A claim whose answer was lost ends with its lease.
    { resolve: () => Promise.resolve(undefined) },
  )
}

/** In the order of the index, so that no more rows are read than are claimed. */
export function dueEndpoints(isSlow: boolean, endpointsMax: number) {
  return sql`
    SELECT id, user_id, kind, url, event_types, include_text, secret,
           IF(previous_until > NOW(3), previous_secret, NULL) AS previous_secret, status, position, failures, is_slow
    FROM webhook_endpoints FORCE INDEX (idx_webhook_endpoints_due)
    WHERE is_slow = ${isSlow ? 1 : 0} AND due_at <= NOW(3)
    ORDER BY is_slow, due_at LIMIT ${sql.lit(endpointsMax)}`
}

type Secrets = Pick<Row, 'secret' | 'previous_secret'>

/** Of the customers whose messages have addresses of their own. */
async function readSecrets(tx: Tx, endpoints: Row[]): Promise<Map<number, Secrets>> {
  const userIds = endpoints.flatMap(({ kind, user_id }) => (kind === 'callback' ? user_id : []))
  if (userIds.length === 0) return new Map()
  const { rows } = await sql<Secrets & { user_id: number }>`
    SELECT user_id, secret, IF(previous_until > NOW(3), previous_secret, NULL) AS previous_secret
    FROM webhook_secrets FORCE INDEX (PRIMARY) WHERE user_id IN (${list(userIds)})`.execute(tx)
  return new Map(rows.map((row) => [row.user_id, row]))
}

function toClaimed(row: Row, owner: Buffer, ofCustomer: Secrets | undefined): ClaimedEndpoint {
  const { secret, previous_secret } = row.kind === 'callback' && ofCustomer ? ofCustomer : row
  return {
    ...{ id: row.id, userId: row.user_id, kind: row.kind, url: row.url, owner },
    eventTypes: row.event_types === null ? null : row.event_types.split(','),
    includeText: row.include_text === 1,
    secrets: [secret, previous_secret].filter((secret) => secret !== null),
    isDisabled: row.status === 'disabled',
    position: row.position,
    failures: row.failures,
    isSlow: row.is_slow === 1,
  }
}
