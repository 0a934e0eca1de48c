import { retryWithBackoff } from '../platform/retryWithBackoff.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { ClaimGate } from './claimGate.ts'
import type { Settlement } from './effects.ts'
import type { DeliveryEvents } from './events.ts'
import { isOutage, isTransient } from './faults.ts'
import type { InFlight } from './inFlight.ts'
import type { RunSettlement, Settled } from './settle.ts'

export interface PersistContext {
  type: MessageClass
  settle: (item: RunSettlement) => Promise<Settled>
  /** For refunds that a lock on the customer's balance blocks. */
  settleBlocked: (item: BlockedSettlement) => Promise<Settled>
  gate: ClaimGate
  events: DeliveryEvents
}

export interface BlockedSettlement extends RunSettlement {
  userId: number
}

const RETRY_MS = 100
const RETRY_MAX_MS = 2_000

/**
 * Stores settlements of a run, keeps them in memory while the database is unavailable, when nothing new is claimed, and
 * never rejects. Settlements that the database refuses together are halved until the refused one is found, which is
 * quarantined with its result.
 */
export async function persist(
  context: PersistContext,
  inFlight: InFlight,
  settlements: Settlement[],
  settle: (item: RunSettlement) => Promise<Settled> = context.settle,
): Promise<void> {
  const { type, events, gate } = context
  let openGate: (() => void) | undefined
  const ended = await retryWithBackoff(() => settle({ inFlight, settlements }), {
    isTransient,
    onError: (error) => {
      if (isOutage(error)) openGate ??= gate.close()
      events.deliveryFailed({ type, step: 'settle', error })
    },
    firstPauseMs: RETRY_MS,
    maxPauseMs: RETRY_MAX_MS,
    faultsMax: 1,
  })
  openGate?.()
  if (ended.kind === 'done') return finish(context, inFlight, ended.result)
  if (ended.kind !== 'fault') return
  if (settlements.length > 1) {
    const middle = Math.ceil(settlements.length / 2)
    await persist(context, inFlight, settlements.slice(0, middle), settle)
    await persist(context, inFlight, settlements.slice(middle), settle)
    return
  }
  for (const refused of settlements) await quarantineRefused(context, inFlight, refused)
}

async function finish(
  context: PersistContext,
  inFlight: InFlight,
  { settled, stale, blocked }: Settled,
): Promise<void> {
  const { type, events } = context
  if (settled.length > 0) events.settled({ type, settlements: settled })
  if (stale.length > 0) events.stale({ type, settlements: stale })
  const byCustomer = Map.groupBy(blocked, ({ task }) => task.userId)
  await Promise.all(
    [...byCustomer].map(([userId, theirs]) =>
      persist(context, inFlight, theirs, (item) => context.settleBlocked({ ...item, userId })),
    ),
  )
}

/** If even that is refused, the lease expires, and the number of claims bounds the submissions. */
async function quarantineRefused(
  context: PersistContext,
  inFlight: InFlight,
  refused: Settlement,
): Promise<void> {
  const { type, events } = context
  if (refused.kind === 'quarantined') return events.resultLost({ type, settlement: refused })
  const { task } = refused
  const reason = `the database refused to store: ${describe(refused)}`
  await persist(context, inFlight, [{ kind: 'quarantined', task, cause: 'result_refused', reason }])
}

/** For the person who decides: what the operator said. */
function describe(settlement: Settlement): string {
  switch (settlement.kind) {
    case 'done': {
      const { operator, operatorMessageId } = settlement
      return `accepted by ${operator.name}${operatorMessageId === null ? '' : ` as ${operatorMessageId}`}`
    }
    case 'failed':
      return `failed, ${settlement.reason}`
    case 'released':
      return `not taken, ${settlement.reason}`
    case 'quarantined':
      return settlement.reason
  }
}
