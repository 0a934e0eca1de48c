import { sql } from 'kysely'
import type { OutboxRow, RecipientRange, RowOrder } from '../../src/outbox/index.ts'
import { append, decodeRanges } from '../../src/outbox/index.ts'
import type { Claim } from '../../src/outbox/claim.ts'
import { countRecipients } from '../../src/outbox/envelope.ts'
import { LANES } from '../../src/outbox/lanes.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { NOW_KEY } from '../support/makeDue.ts'

/** An outbox row as a test sees it. */
export interface SeenRow {
  id: string
  lane: number
  /** A tag or a deadline in a ready lane. */
  key: number
  /** From now until it comes due; in a waiting lane. */
  dueInMs: number
  lastError: string | null
  payload: string
}

export function rowsOf(db: Db): Promise<SeenRow[]> {
  return look(
    db,
    sql<SeenRow>`SELECT LOWER(HEX(id)) AS id, lane, order_key AS \`key\`, last_error AS lastError, payload,
      CAST((order_key - ${NOW_KEY}) / 1000 AS DOUBLE) AS dueInMs FROM outbox_events ORDER BY id`,
  )
}

/** Rows that a claim may take. */
export async function readyOf(db: Db): Promise<SeenRow[]> {
  return (await rowsOf(db)).filter(({ lane }) => lane % 2 === 0)
}

/** Writes one row of a request of its own. @returns the message's identifier. */
export async function appendRow(
  db: Db,
  order: RowOrder,
  row: Partial<OutboxRow> & { recipients?: number; userId?: number } = {},
): Promise<string> {
  const smsIdentifier = newIdOf(db)()
  const { recipients = 1, userId = 1, type = 'normal', ...rest } = row
  const ranges = [{ smsIdentifier, first: 1, last: recipients, userId }]
  await transact(db, 'test.append', (tx) => append(tx, [{ id: newIdOf(db)(), type, ranges, order, ...rest }]))
  return smsIdentifier
}

/** Moves all waiting rows to the beginning of the ready lane. */
export async function makeReady(db: Db, type: MessageClass): Promise<void> {
  const { ready, waiting } = LANES[type]
  await look(db, sql`UPDATE outbox_events SET lane = ${ready}, order_key = 0 WHERE lane = ${waiting}`)
}

/** Every recipient that ranges name, each as often as they do. */
export function spread(ranges: RecipientRange[]): string[] {
  return ranges.flatMap(({ smsIdentifier, first, last }) =>
    Array.from({ length: last - first + 1 }, (_, index) => `${smsIdentifier}:${first + index}`),
  )
}

/** Every recipient that the outbox names. */
export async function namedBy(db: Db): Promise<string[]> {
  return (await rowsOf(db)).flatMap(({ payload }) => spread(decodeRanges(payload) ?? [])).sort()
}

export const rangesOf = (claimed: Claim | undefined): RecipientRange[] =>
  claimed?.envelopes.flatMap(({ ranges }) => ranges) ?? []

export const sizesOf = (claimed: Claim | undefined): number[] =>
  claimed?.envelopes.map(({ ranges }) => countRecipients(ranges)) ?? []
