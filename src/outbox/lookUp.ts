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
  /** Of the database's clock: waiting rows below it are due. */
  nowKey: number
}

/** Where a look-up starts; each lane from its beginning when left out. */
export interface LookUpFrom {
  ready: Place
  /** A place in the waiting lane, when due rows remain behind it. */
  due?: Place | undefined
  /** What was due at this key is known; nothing is, when left out. */
  dueKnownUntil?: number | undefined
}

/** A row may be committed, or free of a lock, this long after it came due. */
const DUE_SLACK_MS = 5_000
/** How far back the first look-up goes where the one from the beginning failed. */
const FIRST_DUE_SLACK_MS = 30_000

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
  const dueFrom = from ? sql`AND order_key >= ${dueStart(from)}` : sql``
  return read(db, operationOf(from), async (reader) => {
    const { rows } = await sql<{
      found: 'ready' | 'due' | 'position' | 'now'
      order_key: number
      id: Buffer
    }>`
      (SELECT 'ready' AS found, order_key, id, recipients FROM outbox_events FORCE INDEX (idx_outbox_order)
        WHERE lane = ${ready} ${readyFrom} ORDER BY order_key, id LIMIT 1)
      UNION ALL
      (SELECT 'due', order_key, id, recipients FROM outbox_events FORCE INDEX (idx_outbox_order)
        WHERE lane = ${waiting} AND order_key <= ${sqlMicrosFromNow()} ${dueFrom} ORDER BY order_key, id LIMIT 1)
      UNION ALL
      (SELECT 'position', order_key, NULL, NULL FROM outbox_positions WHERE lane = ${ready})
      UNION ALL
      (SELECT 'now', ${sqlMicrosFromNow()}, NULL, NULL)`.execute(reader)
    const of = (wanted: string) => rows.find(({ found }) => found === wanted)
    const [first, due] = [of('ready'), of('due')]
    return {
      ...(first ? { ready: { key: first.order_key, id: first.id } } : {}),
      ...(due ? { due: { key: due.order_key, id: due.id } } : {}),
      reachedKey: (of('position')?.order_key ?? 0) - 1,
      nowKey: of('now')?.order_key ?? 0,
    }
  })
}

/** A clock that was set back does not move the start beyond what is due now. */
function dueStart({ due, dueKnownUntil }: LookUpFrom): RawBuilder<number> {
  const known = dueKnownUntil === undefined ? sqlMicrosFromNow(-FIRST_DUE_SLACK_MS) : sql`${dueKnownUntil}`
  const start = sql<number>`LEAST(${known}, ${sqlMicrosFromNow()}) - ${sql.lit(DUE_SLACK_MS * 1_000)}`
  return due ? sql`LEAST(${due.key}, ${start})` : start
}
