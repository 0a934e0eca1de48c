import { sql } from 'kysely'
import { list, transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import type { OperatorConfig } from '../protocols.ts'
import { WEIGHT_DEFAULT } from './controls.ts'

/**
 * Writes which operators this process is configured with, so that they can be listed and controlled. What was never changed
 * and is in no file any more is removed; a paused operator stays paused if it comes back. @throws Unavailable.
 */
export function announceOperators(db: Db, operators: readonly OperatorConfig[]): Promise<void> {
  if (operators.length === 0) return Promise.resolve()
  return transact(
    db,
    'operators.announce',
    async (tx) => {
      const rows = operators.map(({ name, protocol, classes, throughput }, place) => {
        return sql`(${name}, ${place}, ${protocol}, ${classes.join(',')}, ${throughput}, NOW(3))`
      })
      await sql`INSERT INTO operators (name, place, protocol, classes, throughput, configured_at)
        VALUES ${sql.join(rows)}
        ON DUPLICATE KEY UPDATE place = VALUES(place), protocol = VALUES(protocol), classes = VALUES(classes),
          throughput = VALUES(throughput), configured_at = VALUES(configured_at)`.execute(tx)
      await sql`DELETE FROM operators WHERE state = 'active' AND weight = ${WEIGHT_DEFAULT}
        AND name NOT IN (${list(operators.map(({ name }) => name))})`.execute(tx)
    },
    // Written again, it comes to the same.
    { resolve: () => Promise.resolve(undefined) },
  )
}
