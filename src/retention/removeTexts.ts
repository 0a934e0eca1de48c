import { sql } from 'kysely'
import { forgetTexts } from '../messages/index.ts'
import { read, transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, lowestAt } from '../primitives/identifier.ts'
import type { Identifier } from '../primitives/identifier.ts'
import { SEND_AT_DAYS_MAX } from '../primitives/sendAt.ts'
import { forgetRaw } from '../receipts/index.ts'
import type { RoundContext } from './settings.ts'

/** After the longest wait for its time and the longest validity, what is still open is quarantined. */
const LEFT_AFTER_MS = (SEND_AT_DAYS_MAX + 8) * 86_400_000

type Position = 'texts_until' | 'texts_left_until'

/**
 * Removes texts and hashes numbers of one page of messages that are old enough. What was open when the first walk passed is
 * left to a second one, which waits for it. @returns whether there was any.
 */
export async function removeTexts(context: RoundContext, nowMs: number): Promise<boolean> {
  const { kept, numberKey } = context
  if (kept.textsMs === undefined || numberKey === undefined) return false
  const untilMs = nowMs - kept.textsMs
  const first = await removeUntil(context, { name: 'texts_until', upTo: lowestAt(untilMs), key: numberKey })
  const left = { name: 'texts_left_until' as const, upTo: lowestAt(untilMs - LEFT_AFTER_MS), key: numberKey }
  return (await removeUntil(context, left)) || first
}

async function removeUntil(
  { db, events }: RoundContext,
  { name, upTo, key }: { name: Position; upTo: Identifier; key: string },
): Promise<boolean> {
  const after = await readPosition(db, name)
  const page = await transact(db, 'retention.texts', async (tx) => {
    const bounds = { after, upTo, stopsAtOpen: name === 'texts_left_until' }
    const found = await forgetTexts(tx, bounds, key)
    await forgetRaw(tx, found.forgotten)
    if (found.end)
      await sql`UPDATE retention_position SET ${sql.ref(name)} = ${identifierToBytes(found.end)}
        WHERE id = 1`.execute(tx)
    return found
  })
  if (page.forgotten.length > 0) events.textsRemoved(page.forgotten.length)
  return page.end !== undefined && !page.isLast
}

async function readPosition(db: Db, name: Position): Promise<Identifier> {
  const at = await read(db, 'retention.texts_position', async (reader) => {
    const { rows } = await sql<{ at: Buffer | null }>`
      SELECT ${sql.ref(name)} AS at FROM retention_position WHERE id = 1`.execute(reader)
    return rows[0]?.at
  })
  return at ? identifierFromBytes(at) : lowestAt(0)
}
