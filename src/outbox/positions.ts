import { sql } from 'kysely'
import { transact } from '../platform/db/index.ts'
import type { Db, Reader, Tx } from '../platform/db/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { LANES } from './lanes.ts'

/** The virtual time of normal rows, for transactions that accept requests. */
export interface VirtualTime {
  /** At most READ_EVERY_MS old. */
  read(tx: Tx): Promise<number>
}

/** Relays publish once a second, so more frequent reads would show nothing new. */
const READ_EVERY_MS = 1_000

/** Reads the published position of normal rows, at most once a second. */
export function openVirtualTime(nowMs = () => performance.now()): VirtualTime {
  let readAtMs = -Infinity
  let virtualTime = 0
  return {
    async read(tx) {
      const startedAtMs = nowMs()
      if (startedAtMs - readAtMs < READ_EVERY_MS) return virtualTime
      virtualTime = await readPosition(tx, 'normal')
      readAtMs = startedAtMs
      return virtualTime
    },
  }
}

/** @returns the published position of the ready lane: one above the key that a claim reached. */
export async function readPosition(reader: Reader, type: MessageClass): Promise<number> {
  const { rows } = await sql<{ order_key: number }>`
    SELECT order_key FROM outbox_positions WHERE lane = ${LANES[type].ready}`.execute(reader)
  return rows[0]?.order_key ?? 0
}

/**
 * Publishes the position that claims of the ready lane have reached; it only grows. It is key + 1, so that rows
 * inserted at this position sort after every claimed row.
 */
export async function publishPosition(tx: Tx, type: MessageClass, reachedKey: number): Promise<void> {
  await sql`UPDATE outbox_positions SET order_key = GREATEST(order_key, ${reachedKey + 1})
    WHERE lane = ${LANES[type].ready}`.execute(tx)
}

/** Publishes the position of one class as its relay's claims move on. */
export interface PositionPublisher {
  /** The last row that a claim took had this key. */
  noteReached(key: number): void
  /** Writes the position when it changed, at most once in PUBLISH_EVERY_MS. */
  publish(): Promise<void>
}

/** Often enough that what acceptors read lies within the slack of a scan's start. */
const PUBLISH_EVERY_MS = 1_000

export function openPositionPublisher(
  db: Db,
  type: MessageClass,
  nowMs = () => performance.now(),
): PositionPublisher {
  let publishedAtMs = -Infinity
  let publishedKey = -1
  let reachedKey = -1
  return {
    noteReached(key) {
      reachedKey = Math.max(reachedKey, key)
    },
    async publish() {
      const key = reachedKey
      if (key <= publishedKey || nowMs() - publishedAtMs < PUBLISH_EVERY_MS) return
      await transact(db, 'outbox.publish_position', (tx) => publishPosition(tx, type, key))
      publishedKey = key
      publishedAtMs = nowMs()
    },
  }
}
