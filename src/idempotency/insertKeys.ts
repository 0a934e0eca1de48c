import { sql } from 'kysely'
import { NOW, dateTime, insertRows, sqlValue } from '../platform/db/index.ts'
import type { Tx, Value } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { KeptAnswer } from './keptAnswer.ts'

/** `sendAtMs`: the time of a scheduled message, the last one's of several, in milliseconds since the epoch. */
export interface NewKey extends KeptAnswer {
  sendAtMs?: number | undefined
  /** Kept this much longer than a day: what belongs to another key must not go before it. */
  hoursLonger?: number | undefined
}

/** A client that was cut off repeats within minutes; a day also covers one that was down for a night. */
const KEPT_HOURS = 24
const HOUR_MS = 3_600_000
/** Of answers in one statement, which writes each byte as two digits: far below the 16 MiB packet of MariaDB. */
const BYTES_PER_INSERT_MAX = 2 * 1024 * 1024

/**
 * Inserts the keys of the requests that this transaction accepts. findKeys() has found none of them under the same locks;
 * the primary key stands behind that.
 */
export async function insertKeys(tx: Tx, keys: NewKey[]): Promise<void> {
  for (const chunk of inChunks(keys))
    await insertRows(
      tx,
      sql`INSERT INTO idempotency_keys (user_id, route, is_test, idempotency_key, fingerprint, identifier, status, answer,
        created_at, kept_until)`,
      chunk.map(toRow),
    )
}

function toRow({
  userId,
  route,
  isTest,
  key,
  fingerprint,
  identifier,
  status,
  body,
  sendAtMs,
  hoursLonger = 0,
}: NewKey): Value[] {
  const hours = KEPT_HOURS + hoursLonger
  const keptUntil =
    sendAtMs === undefined
      ? sqlValue(`NOW(3) + INTERVAL ${hours} HOUR`)
      : dateTime(sendAtMs + hours * HOUR_MS)
  const id = identifierToBytes(identifier)
  return [userId, route, isTest ? 1 : 0, key, fingerprint, id, status, body, NOW, keptUntil]
}

/** A larger answer is a chunk by itself. */
function inChunks(keys: NewKey[]): NewKey[][] {
  const chunks: NewKey[][] = []
  let bytes = Infinity
  for (const key of keys) {
    bytes += key.body.length
    if (bytes > BYTES_PER_INSERT_MAX) {
      chunks.push([])
      bytes = key.body.length
    }
    chunks.at(-1)?.push(key)
  }
  return chunks
}
