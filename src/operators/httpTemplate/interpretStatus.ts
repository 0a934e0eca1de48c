import type { DeliveryAnswer, QueryAnswer } from '../contract.ts'
import type { Exchange } from '../http/exchange.ts'
import { readIdentifier } from '../http/readIdentifier.ts'
import type { StatusConfig } from './config.ts'
import { readDocument, wordAt } from './readDocument.ts'
import { readTime } from './readTime.ts'

/** What an answer to the question says of the message that it is about. A fault is an answer that never came, or a 5xx. */
export function interpretStatus(
  { at, identifier, taken, notTaken, notTakenStatuses, delivery }: StatusConfig,
  { status, body, fault }: Exchange,
  timeZone = 'UTC',
): QueryAnswer | { fault: string } {
  if (status === undefined) return { fault: fault ?? 'no answer' }
  if (status >= 500) return { fault: `HTTP ${status}` }
  if (notTakenStatuses.includes(status)) return { kind: 'not_taken' }
  const document = status < 300 && body !== undefined ? readDocument(body) : undefined
  const word = document && wordAt(document, at)?.toLowerCase()
  const isOf = (words: readonly string[]) => words.some((each) => each.toLowerCase() === word)
  const verdict = isOf(delivery?.delivered ?? [])
    ? 'delivered'
    : isOf(delivery?.undelivered ?? [])
      ? 'undelivered'
      : undefined
  if (verdict || isOf(taken))
    return {
      kind: 'taken',
      operatorMessageId: readIdentifier(identifier && wordAt(document, identifier)).value,
      ...(verdict && { delivery: { verdict, ...detailsOf(delivery, document, timeZone) } }),
    }
  if (isOf(notTaken)) return { kind: 'not_taken' }
  return { kind: 'not_known', reason: status < 300 ? 'it does not know' : `HTTP ${status}` }
}

const CODE_CHARS_MAX = 50

function detailsOf(
  delivery: StatusConfig['delivery'],
  document: unknown,
  timeZone: string,
): Omit<DeliveryAnswer, 'verdict'> {
  const code = delivery?.error === undefined ? undefined : wordAt(document, delivery.error)
  const time = delivery?.doneAt && wordAt(document, delivery.doneAt.at)
  return {
    code: code === undefined || code.length > CODE_CHARS_MAX ? null : code,
    cause: null,
    doneAt: delivery?.doneAt && time !== undefined ? readTime(time, delivery.doneAt.format, timeZone) : null,
  }
}
