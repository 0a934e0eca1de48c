import { sql } from 'kysely'
import { NOW, insertRows } from '../../platform/db/index.ts'
import type { Tx } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import { sumOf } from './outcome.ts'
import type { PartOutcome } from './types.ts'

export interface NewBulk {
  bulkId: string
  userId: number
  isTest: boolean
  messages: number
}

/** Inserts a bulk with what its parts came to so far. */
export async function insertBulk(
  tx: Tx,
  { bulkId, userId, isTest, messages }: NewBulk,
  outcomes: PartOutcome[],
): Promise<void> {
  const { accepted, refused, cost } = sumOf(outcomes)
  await insertRows(
    tx,
    sql`INSERT INTO bulks (bulk_id, user_id, is_test, messages, accepted, refused, cost, created_at)`,
    [[identifierToBytes(bulkId), userId, isTest ? 1 : 0, messages, accepted, refused, cost, NOW]],
  )
}

/** Adds a part to a bulk. The lock of the customer's balance keeps two of them apart. */
export async function addToBulk(tx: Tx, bulkId: string, outcome: PartOutcome): Promise<void> {
  const { accepted, refused, cost } = outcome
  const { numAffectedRows } = await sql`
    UPDATE bulks SET accepted = accepted + ${accepted}, refused = refused + ${refused}, cost = cost + ${cost}
    WHERE bulk_id = ${identifierToBytes(bulkId)}`.execute(tx)
  if (Number(numAffectedRows) !== 1) throw new Error(`bulk ${bulkId} goes on and is not there`)
}

/** Writes which messages are the bulk's. A place that is written twice hits the primary key. */
export async function insertBulkMessages(
  tx: Tx,
  bulkId: string,
  messages: readonly { index: number; smsIdentifier: string }[],
): Promise<void> {
  const id = identifierToBytes(bulkId)
  await insertRows(
    tx,
    sql`INSERT INTO bulk_messages (bulk_id, message_index, sms_identifier)`,
    messages.map(({ index, smsIdentifier }) => [id, index, identifierToBytes(smsIdentifier)]),
  )
}

/** @returns whether as many messages of the bulk are decided as these parts have. */
export async function isAsFar(
  tx: Tx,
  bulkId: string,
  { accepted, refused }: { accepted: number; refused: number },
): Promise<boolean> {
  const row = await tx
    .selectFrom('bulks')
    .select(['accepted', 'refused'])
    .where('bulk_id', '=', identifierToBytes(bulkId))
    .executeTakeFirst()
  return row !== undefined && row.accepted + row.refused >= accepted + refused
}
