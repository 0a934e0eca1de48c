import { sql } from 'kysely'
import { transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import type { MessageClass } from '../contract.ts'
import { grantSlice } from './grantSlice.ts'

/** Leases time of an operator for one class. */
export type LeaseQuota = (operator: string, messageClass: MessageClass, costMs: number) => Promise<Lease>

/** Times are monotonic milliseconds of this process. */
export type Lease = { kind: 'granted'; startsAtMs: number } | { kind: 'later'; atMs: number }

/** Leases quota from the database, so that all consumers together keep an operator's bound. @throws Unavailable. */
export function openQuotaLease(pools: Record<MessageClass, Db>): LeaseQuota {
  return (operator, messageClass, costMs) =>
    transact(
      pools[messageClass],
      'operators.lease_quota',
      async (tx) => {
        const { leasedUntilUs, nowUs } = await lockQuota(tx, operator)
        const readAtMs = performance.now()
        const toMs = (us: number) => readAtMs + (us - nowUs) / 1_000
        const grant = grantSlice(messageClass, { leasedUntilUs, nowUs, costUs: costMs * 1_000 })
        if (grant.kind === 'later') return { kind: 'later', atMs: toMs(grant.atUs) }
        await sql`UPDATE operator_quotas SET leased_until_us = ${grant.endsAtUs} WHERE name = ${operator}`.execute(
          tx,
        )
        return { kind: 'granted', startsAtMs: toMs(grant.startsAtUs) }
      },
      // Leased again, the first slice stays unused.
      { resolve: () => Promise.resolve(undefined) },
    )
}

interface Quota {
  leasedUntilUs: number
  nowUs: number
}

async function lockQuota(tx: Tx, operator: string): Promise<Quota> {
  const found = await selectQuota(tx, operator)
  if (found) return found
  await sql`INSERT IGNORE INTO operator_quotas (name, leased_until_us) VALUES (${operator}, 0)`.execute(tx)
  const made = await selectQuota(tx, operator)
  if (!made) throw new Error(`operator_quotas has no row for ${operator}`)
  return made
}

async function selectQuota(tx: Tx, operator: string): Promise<Quota | undefined> {
  const { rows } = await sql<{ leased_until_us: number; now_us: number | string }>`
    SELECT leased_until_us, CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS UNSIGNED) AS now_us
    FROM operator_quotas WHERE name = ${operator} FOR UPDATE`.execute(tx)
  const [row] = rows
  // SYSDATE is the time after the wait for the lock, NOW the one before it.
  return row && { leasedUntilUs: row.leased_until_us, nowUs: Number(row.now_us) }
}
