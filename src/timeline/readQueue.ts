import { countClaimed, estimateBefore, readBacklogOf } from '../outbox/index.ts'
import type { CustomerBacklog } from '../outbox/index.ts'
import { databaseNowMs, read } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { readProcesses } from '../processes/index.ts'
import { paceOf } from './pace.ts'
import type { ClassPace } from './pace.ts'

/** A customer's unfinished messages of a class, and about when the last of them is handed over. */
export interface ClassQueue extends CustomerBacklog {
  /** In front of its first recipient that waits for its turn, those of all customers. */
  before: number
  /** About; null when nothing waits, or when it is not known. */
  lastHandOverAt: Date | null
}

export type CustomerQueue = Record<MessageClass, ClassQueue>

/** @returns what a customer has waiting, with bounded reads. @throws Unavailable. */
export function readQueue(db: Db, userId: number): Promise<CustomerQueue> {
  const nowMs = databaseNowMs(db)
  return read(db, 'timeline.read_queue', async (reader) => {
    const processes = await readProcesses(reader)
    const queueOf = async (type: MessageClass) => {
      const pace = paceOf(type, processes, await countClaimed(reader, type))
      return readClass(reader, { userId, type, nowMs, pace })
    }
    return { normal: await queueOf('normal'), express: await queueOf('express') }
  })
}

async function readClass(
  reader: Reader,
  {
    userId,
    type,
    nowMs,
    pace,
  }: { userId: number; type: MessageClass; nowMs: number; pace: ClassPace | null },
): Promise<ClassQueue> {
  const backlog = await readBacklogOf(reader, userId, type)
  const { ready, scheduled, underWay } = backlog
  const before = ready.recipients > 0 ? await estimateBefore(reader, type, ready) : { first: 0, last: 0 }
  const ofOthers = ready.recipients + underWay > 0 ? before.last : 0
  const turnAt = ready.recipients + underWay > 0 ? afterRecipients(nowMs, ofOthers, pace) : nowMs
  const isKnown = turnAt !== null && (scheduled.recipients === 0 || scheduled.lastAt !== null)
  const isAny = ready.recipients + underWay + scheduled.recipients > 0
  return {
    ...{ ...backlog, before: before.first },
    lastHandOverAt: isAny && isKnown ? new Date(Math.max(turnAt, scheduled.lastAt?.getTime() ?? 0)) : null,
  }
}

/** When as many recipients, and those in flight, are handed over at the rate of the last seconds. */
function afterRecipients(nowMs: number, recipients: number, pace: ClassPace | null): number | null {
  if (!pace || pace.handedOverPerSecond <= 0) return null
  return nowMs + Math.round(((recipients + pace.recipientsInFlight) / pace.handedOverPerSecond) * 1_000)
}
