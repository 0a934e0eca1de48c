import { dateTime, sqlValue } from '../platform/db/index.ts'
import type { Value } from '../platform/db/index.ts'
import type { SendRequest } from './types.ts'

/** @returns how long a message's hand-over may take from when it may leave; undefined for one without a guarantee. */
export function guaranteedWithinMsOf(
  { type, isTest, guaranteedWithinMs }: Pick<SendRequest, 'type' | 'isTest' | 'guaranteedWithinMs'>,
  defaultMs: number,
): number | undefined {
  return type === 'normal' || isTest ? undefined : (guaranteedWithinMs ?? defaultMs)
}

/** The column: counted from when the last of the message may leave, or from the statement that accepts it. */
export function guaranteedBy(
  request: Pick<SendRequest, 'type' | 'isTest' | 'guaranteedWithinMs' | 'sendAt'>,
  { delayedUntil, defaultMs }: { delayedUntil: Date | undefined; defaultMs: number },
): Value {
  const withinMs = guaranteedWithinMsOf(request, defaultMs)
  if (withinMs === undefined) return null
  const due = delayedUntil ?? request.sendAt
  // A time to send may lie in the second that has begun.
  const from = due ? `GREATEST(NOW(3), CAST('${dateTime(due.getTime())}' AS DATETIME(3)))` : 'NOW(3)'
  return sqlValue(`${from} + INTERVAL ${Math.trunc(withinMs) * 1_000} MICROSECOND`)
}
