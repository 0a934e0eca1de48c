import { FAILURE_REASONS, isQuarantined } from '../../messages/index.ts'
import type { Recipient, RecipientKey } from '../../messages/index.ts'
import { append } from '../../outbox/index.ts'
import { transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import type { MessageClass } from '../../primitives/messageClass.ts'
import type { Effects } from '../effects.ts'
import { lockBalancesFirst, lockForClaim, lockOutboxRows } from '../lockOrder.ts'
import { writeEffects } from '../writeEffects.ts'

/**
 * What a person decides about a quarantined message.
 * - sent: an operator took it; `provider` is its name.
 * - failed: it is not sent, and its price is refunded.
 * - retry: it is submitted again, marked as a possible duplicate; its attempts are counted anew.
 */
export type QuarantineDecision = { kind: 'sent'; provider: string } | { kind: 'failed' } | { kind: 'retry' }

/** `not_quarantined`: it was decided before, or never was there. Nothing is changed. */
export type Decided = 'decided' | 'not_quarantined' | 'unknown_message'

/** Ends a quarantine in one transaction with the refund or the outbox row (invariants 3 and 4). May run again. */
export function decideQuarantined(
  { db, newId }: { db: Db; newId: () => string },
  key: RecipientKey,
  decision: QuarantineDecision,
): Promise<Decided> {
  return transact(
    db,
    'delivery.decide_quarantined',
    async (tx) => {
      const request = await readRequest(tx, key.smsIdentifier)
      if (!request) return 'unknown_message'
      const { smsIdentifier, recipientNo } = key
      const balances = await lockBalancesFirst(tx, [request.userId])
      const rowsLocked = await lockOutboxRows(tx, [])
      const range = { smsIdentifier, first: recipientNo, last: recipientNo }
      const locked = await lockForClaim(rowsLocked, [range])
      const [row] = locked.rows
      if (!row) return 'unknown_message'
      if (!isQuarantined(row)) return 'not_quarantined'
      await writeEffects(locked.tx, [{ task: row, row, effects: effectsOf(decision, row) }], balances)
      if (decision.kind === 'retry') {
        const ranges = [{ ...range, userId: row.userId, traceparent: request.traceparent }]
        const order = { condition: 'waiting' as const, until: { afterMs: 0 } }
        await append(locked.tx, [{ id: newId(), type: request.type, ranges, order }])
      }
      return 'decided'
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}

function effectsOf(decision: QuarantineDecision, row: Recipient): Effects {
  const none = {
    ...{ provider: '', reason: '', operatorMessageId: null, refund: 0, outbox: 'none' as const },
    ...{ tried: false, possiblySent: true, unconfirmed: 0, endsQuarantine: true },
  }
  switch (decision.kind) {
    case 'sent':
      return { ...none, status: 'done', provider: decision.provider }
    case 'failed':
      return {
        ...none,
        status: 'failed',
        reason: FAILURE_REASONS.decidedByHand,
        refund: row.price - row.returned,
      }
    case 'retry':
      return { ...none, status: 'pending' }
  }
}

async function readRequest(
  tx: Tx,
  smsIdentifier: string,
): Promise<{ userId: number; type: MessageClass; traceparent: string | undefined } | undefined> {
  const row = await tx
    .selectFrom('sms_requests')
    .select(['user_id', 'type', 'traceparent'])
    .where('sms_identifier', '=', identifierToBytes(smsIdentifier))
    .executeTakeFirst()
  return row && { userId: row.user_id, type: row.type, traceparent: row.traceparent ?? undefined }
}
