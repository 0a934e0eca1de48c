import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'

/**
 * When a request may no longer be submitted, as SQL: what it says itself, or `validityMs` after its acceptance, the
 * time that it is scheduled for, or the one until which its customer's window or rate delays it. @param r the request's name in the statement.
 */
export function expiresAt(r: RawBuilder<unknown>, validityMs: number): RawBuilder<Date> {
  return sql<Date>`COALESCE(${r}.expires_at,
    COALESCE(${r}.delayed_until, ${r}.send_at, ${r}.created_at) + INTERVAL ${sql.lit(Math.round(validityMs * 1_000))} MICROSECOND)`
}
