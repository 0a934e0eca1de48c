import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { MessageClass } from '../primitives/messageClass.ts'

export type Condition = 'ready' | 'waiting'

/**
 * A lane is a class and a condition: ready rows wait for their turn, in the order of their key. Waiting rows are
 * leased, scheduled or backing off until their key, a time.
 */
export const LANES: Record<MessageClass, Record<Condition, number>> = {
  express: { ready: 0, waiting: 1 },
  normal: { ready: 2, waiting: 3 },
}

export interface Lane {
  type: MessageClass
  condition: Condition
}

/** The waiting lane of a row's own class, for a statement that moves rows of both classes. */
export const OWN_WAITING_LANE = sql.raw('lane | 1')

/** The database's clock plus `afterMs`, in microseconds since the epoch, as SQL. */
export function microsFromNow(afterMs = 0): string {
  return `CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED) + ${Math.round(afterMs * 1_000)}`
}

/** The same as part of a statement. */
export function sqlMicrosFromNow(afterMs = 0): RawBuilder<number> {
  return sql.raw(microsFromNow(afterMs))
}

export function microsOf(time: Date): number {
  return time.getTime() * 1_000
}
