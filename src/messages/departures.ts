import { depart, rowRecipientsMax } from '../limits/index.ts'
import type { DelayedBy, DepartDecision } from '../limits/index.ts'
import type { Account } from '../ledger/index.ts'
import { cutIntoRanges } from '../outbox/index.ts'
import type { RecipientRange } from '../outbox/index.ts'
import { PLAIN_SENDING } from '../primitives/sendingPlan.ts'
import type { SendingPlan } from '../primitives/sendingPlan.ts'
import type { SendRequest } from './types.ts'

/** When an accepted message leaves. */
export interface Departure {
  /** The recipients of each outbox row, and when it is due; undefined: it waits for its turn at once. */
  rows: { range: RecipientRange; due: Date | undefined }[]
  /** Set where the customer's window or rate delays it: of its last row. */
  delayed: { until: Date; by: DelayedBy } | undefined
  tatMicros: number
}

/**
 * When a message leaves by its own time and by its customer's window and rate, which test messages keep to neither of.
 * Only the window may bind express messages: at a rate they would wait for normal ones (invariant 5).
 */
export function departureOf(
  request: SendRequest & { smsIdentifier: string },
  account: Account,
): Departure | Exclude<DepartDecision, { kind: 'departs' }> {
  const { smsIdentifier, userId, traceparent, recipients, sendAt, parts: partsOfOne = 1 } = request
  const plan = planOf(request)
  const isNormal = request.type === 'normal'
  const sizeMax = rowRecipientsMax(plan, partsOfOne)
  const ranges = cutIntoRanges({ smsIdentifier, userId, traceparent }, recipients.length, sizeMax)
  const decision = depart({
    plan,
    ...{ tatMicros: isNormal ? account.sendingTatMicros : 0, nowMicros: account.lockedAtMicros },
    sendAtMicros: sendAt && sendAt.getTime() * 1_000,
    parts: ranges.map(({ first, last }) => (isNormal ? (last - first + 1) * partsOfOne : 0)),
  })
  if (decision.kind === 'too_far') return decision
  const rows = ranges.map((range, index) => ({ range, due: toDate(decision.dueMicros[index]) }))
  const until = rows.at(-1)?.due
  return {
    rows,
    delayed: decision.delayedBy && until && { until, by: decision.delayedBy },
    tatMicros: isNormal ? decision.tatMicros : account.sendingTatMicros,
  }
}

function planOf({
  type,
  isTest,
  sending = PLAIN_SENDING,
}: SendRequest): Pick<SendingPlan, 'partsPerSecond' | 'window'> {
  if (isTest) return PLAIN_SENDING
  if (type === 'normal') return sending
  return { partsPerSecond: null, window: sending.window?.hasExpress ? sending.window : null }
}

function toDate(micros: number | undefined): Date | undefined {
  return micros === undefined ? undefined : new Date(Math.ceil(micros / 1_000))
}
