import { storeAttempts, storeOperatorMessages, storeOperatorParts } from '../../messages/index.ts'
import { transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { toStoredAttempts } from '../attemptLog.ts'
import type { Accepted } from '../effects.ts'
import type { FailoverRun } from '../failoverRun.ts'
import type { PendingTask } from '../pendingTask.ts'

/**
 * Stores what came of a pair of calls after one of them had settled their messages: the attempts of both, and the
 * identifiers by which a second acceptance's receipts are found. It changes nothing of the messages and never rejects.
 */
export async function storeLateAcceptances(
  { db, type, events }: Pick<FailoverRun, 'db' | 'type' | 'events'>,
  tasks: readonly PendingTask[],
  late: readonly Accepted[],
): Promise<void> {
  try {
    await write(db, tasks, late)
  } catch (error) {
    events.deliveryFailed({ type, step: 'settle', error })
  }
}

async function write(db: Db, tasks: readonly PendingTask[], late: readonly Accepted[]): Promise<void> {
  const hedged = tasks.map(({ task }) => task).filter(({ calls }) => calls.some(({ isHedge }) => isHedge))
  if (hedged.length === 0) return
  await transact(
    db,
    'delivery.store_late',
    async (tx) => {
      await storeAttempts(tx, hedged.flatMap(toStoredAttempts))
      for (const { task, operator, operatorMessageId: id, partIds } of late) {
        const key = { smsIdentifier: task.smsIdentifier, recipientNo: task.recipientNo }
        if (partIds) await storeOperatorParts(tx, operator.name, [{ ...key, partIds }])
        else if (id !== null && !operator.keepsOurReference)
          await storeOperatorMessages(tx, operator.name, [{ ...key, providerMessageId: id }])
      }
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}
