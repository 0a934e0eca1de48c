import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { LANES, sqlMicrosFromNow } from './lanes.ts'
import { atOrAfter } from './place.ts'
import type { Place } from './place.ts'

/** What a class has to do. */
export interface Work {
  /** The first ready row. */
  ready?: Place
  /** The first waiting row that is due. */
  due?: Place
  /** The key that claims of all relays have reached, as published. */
  reachedKey: number
}

/** Where a look-up starts; each lane from its beginning when left out. */
export interface LookUpFrom {
  ready: Place
  /** A place in the waiting lane, when due rows remain behind it. It starts at the latest DUE_SLACK_MS before now. */
  due?: Place | undefined
}

/** A relay that did not look for longer looks from the beginning next, which finds rows that came due earlier. */
const DUE_SLACK_MS = 5_000

/** Those from the beginning are named apart: behind an old read view they take long, and are made seldom. */
const operationOf = (from?: LookUpFrom) => (from ? 'outbox.look_up' : 'outbox.look_up_all')

/**
 * One statement of index look-ups, cheap enough for an idle poller. It names a column that the index does not have:
 * otherwise MySQL scans the whole index when statistics call the table empty, all dead entries included.
 * @returns what is ready or due.
 */
export function lookUp(db: Db, type: MessageClass, from?: LookUpFrom): Promise<Work> {
  const { ready, waiting } = LANES[type]
  const readyFrom = from ? sql`AND ${atOrAfter(from.ready)}` : sql``
  const dueFrom = from ? sql`AND order_key >= ${dueStart(from.due?.key)}` : sql``
  return read(db, operationOf(from), async (reader) => {
    const { rows } = await sql<{ found: 'ready' | 'due' | 'position'; order_key: number; id: Buffer }>`
      (SELECT 'ready' AS found, order_key, id, recipients FROM outbox_events FORCE INDEX (idx_outbox_order)
        WHERE lane = ${ready} ${readyFrom} ORDER BY order_key, id LIMIT 1)
      UNION ALL
      (SELECT 'due', order_key, id, recipients FROM outbox_events FORCE INDEX (idx_outbox_order)
        WHERE lane = ${waiting} AND order_key <= ${sqlMicrosFromNow()} ${dueFrom} ORDER BY order_key, id LIMIT 1)
      UNION ALL
      (SELECT 'position', order_key, NULL, NULL FROM outbox_positions WHERE lane = ${ready})`.execute(reader)
    const of = (wanted: string) => rows.find(({ found }) => found === wanted)
    const [first, due] = [of('ready'), of('due')]
    return {
      ...(first ? { ready: { key: first.order_key, id: first.id } } : {}),
      ...(due ? { due: { key: due.order_key, id: due.id } } : {}),
      reachedKey: (of('position')?.order_key ?? 0) - 1,
    }
  })
}

function dueStart(key: number | undefined): RawBuilder<number> {
  const start = sqlMicrosFromNow(-DUE_SLACK_MS)
  return key === undefined ? start : sql`LEAST(${key}, ${start})`
}
