import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { MissCause } from '../../db/schema.ts'
import { dateTime, read } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import { countOverdue } from './countOverdue.ts'
import type { Overdue } from './countOverdue.ts'
import type { MissView } from './types.ts'

/** The place of a miss in its list. */
export interface MissPlace {
  guaranteedByMs: number
  smsIdentifier: string
  recipientNo: number
}

export interface MissesQuery {
  /** One customer's; of all customers, if left out. */
  userId?: number | undefined
  /** Guarantees of this time. */
  fromMs: number
  untilMs: number
  limit: number
  after?: MissPlace | undefined
}

/** Of the whole range; no more than COUNTED_MAX are counted. */
interface MissCounts {
  late: number
  unsent: number
  due: number
  paid: number
  /** In the smallest unit. */
  compensated: number
  isLeast: boolean
}

export interface MissesPage {
  misses: MissView[]
  counts: MissCounts
  overdue: Overdue
  nextAfter: MissPlace | null
}

/** Read by the index alone, some 100 ms. */
export const COUNTED_MAX = 100_000

/** @returns a page of missed guarantees, oldest first, with what the range comes to and what is overdue now. */
export function listMisses(db: Db, query: MissesQuery): Promise<MissesPage> {
  return read(db, 'deadlines.list', async (reader) => {
    const rows = await selectPage(reader, query)
    const misses = rows.slice(0, query.limit).map(toView)
    const last = rows.length > query.limit ? misses.at(-1) : undefined
    return {
      misses,
      counts: await countMisses(reader, query),
      overdue: await countOverdue(reader, query.userId),
      nextAfter: last ? toPlace(last) : null,
    }
  })
}

interface Row {
  sms_identifier: Buffer
  recipient_no: number
  user_id: number
  recipient: string
  cause: MissCause
  guaranteed_by: Date
  ended_at: Date
  due_at: Date | null
  compensated_at: Date | null
  compensation: number
}

async function selectPage(reader: Reader, query: MissesQuery): Promise<Row[]> {
  const { rows } = await sql<Row>`
    SELECT m.sms_identifier, m.recipient_no, m.user_id, s.recipient, m.cause, m.guaranteed_by, m.ended_at, m.due_at,
           m.compensated_at, m.compensation
    FROM deadline_misses m ${indexOf(query)}
      STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = m.sms_identifier
        AND s.recipient_no = m.recipient_no
    WHERE ${within(query)} ${after(query.after)}
    ORDER BY m.guaranteed_by, m.sms_identifier, m.recipient_no LIMIT ${sql.lit(query.limit + 1)}`.execute(
    reader,
  )
  return rows
}

async function countMisses(reader: Reader, query: MissesQuery): Promise<MissCounts> {
  const { rows } = await sql<
    Record<'found' | 'late' | 'due' | 'paid' | 'compensated', number | string | null>
  >`
    SELECT COUNT(*) AS found, SUM(cause = 'late') AS late, SUM(due_at IS NOT NULL) AS due,
           SUM(compensated_at IS NOT NULL) AS paid, SUM(compensation) AS compensated
    FROM (SELECT m.cause, m.due_at, m.compensated_at, m.compensation FROM deadline_misses m ${indexOf(query)}
      WHERE ${within(query)} LIMIT ${sql.lit(COUNTED_MAX)}) counted`.execute(reader)
  const [row] = rows
  const [found, late] = [Number(row?.found ?? 0), Number(row?.late ?? 0)]
  return {
    ...{ late, unsent: found - late, due: Number(row?.due ?? 0), paid: Number(row?.paid ?? 0) },
    ...{ compensated: Number(row?.compensated ?? 0), isLeast: found === COUNTED_MAX },
  }
}

function indexOf({ userId }: MissesQuery): RawBuilder<unknown> {
  return userId === undefined
    ? sql`FORCE INDEX (idx_deadline_misses_time)`
    : sql`FORCE INDEX (idx_deadline_misses_user)`
}

function within({ userId, fromMs, untilMs }: MissesQuery): RawBuilder<unknown> {
  const whose = userId === undefined ? sql`` : sql`m.user_id = ${userId} AND`
  return sql`${whose} m.guaranteed_by >= ${dateTime(fromMs)} AND m.guaranteed_by < ${dateTime(untilMs)}`
}

function after(place: MissPlace | undefined): RawBuilder<unknown> {
  if (!place) return sql``
  const at = dateTime(place.guaranteedByMs)
  const id = identifierToBytes(place.smsIdentifier)
  return sql`AND m.guaranteed_by >= ${at} AND (m.guaranteed_by > ${at} OR m.sms_identifier > ${id}
    OR (m.sms_identifier = ${id} AND m.recipient_no > ${place.recipientNo}))`
}

function toView(row: Row): MissView {
  return {
    smsIdentifier: identifierFromBytes(row.sms_identifier),
    recipientNo: row.recipient_no,
    userId: row.user_id,
    recipient: row.recipient,
    cause: row.cause,
    guaranteedBy: row.guaranteed_by,
    endedAt: row.ended_at,
    compensation: row.compensated_at ? 'paid' : row.due_at ? 'due' : 'none',
    compensated: row.compensation,
  }
}

function toPlace({ guaranteedBy, smsIdentifier, recipientNo }: MissView): MissPlace {
  return { guaranteedByMs: guaranteedBy.getTime(), smsIdentifier, recipientNo }
}
