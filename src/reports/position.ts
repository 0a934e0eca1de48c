import { sql } from 'kysely'
import type { Reader, Tx } from '../platform/db/index.ts'

/**
 * Locks how far messages are counted, which is the right to write rollups. Settlements read it without a lock.
 * @returns undefined when another process has it and `waits` is false.
 */
export async function lockPosition(tx: Tx, { waits }: { waits: boolean }): Promise<Buffer | undefined> {
  const { rows } = await sql<{ folded_until: Buffer }>`SELECT folded_until FROM report_positions
    WHERE id = 1 FOR UPDATE ${waits ? sql`` : sql`SKIP LOCKED`}`.execute(tx)
  return rows[0]?.folded_until
}

/** Every message with an identifier up to this one is counted. */
export async function readPosition(reader: Reader): Promise<Buffer> {
  const { folded_until } = await reader
    .selectFrom('report_positions')
    .select('folded_until')
    .where('id', '=', 1)
    .executeTakeFirstOrThrow()
  return folded_until
}

/** @returns the oldest message that is there, undefined without any, and the last that is counted. */
export async function readEnds(reader: Reader): Promise<{ oldest: Buffer | undefined; position: Buffer }> {
  const { rows } = await sql<{ oldest: Buffer | null }>`
    SELECT MIN(sms_identifier) AS oldest FROM sms_requests`.execute(reader)
  return { oldest: rows[0]?.oldest ?? undefined, position: await readPosition(reader) }
}

export async function movePosition(tx: Tx, until: Buffer): Promise<void> {
  await sql`UPDATE report_positions SET folded_until = ${until} WHERE id = 1`.execute(tx)
}
