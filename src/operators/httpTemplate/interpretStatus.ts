import type { QueryAnswer } from '../contract.ts'
import type { Exchange } from '../http/exchange.ts'
import { readIdentifier } from '../http/readIdentifier.ts'
import type { StatusConfig } from './config.ts'
import { readDocument, wordAt } from './readDocument.ts'

/** What an answer to the question says of the message that it is about. A fault is an answer that never came, or a 5xx. */
export function interpretStatus(
  { at, identifier, taken, notTaken, notTakenStatuses }: StatusConfig,
  { status, body, fault }: Exchange,
): QueryAnswer | { fault: string } {
  if (status === undefined) return { fault: fault ?? 'no answer' }
  if (status >= 500) return { fault: `HTTP ${status}` }
  if (notTakenStatuses.includes(status)) return { kind: 'not_taken' }
  const document = status < 300 && body !== undefined ? readDocument(body) : undefined
  const word = document && wordAt(document, at)?.toLowerCase()
  const isOf = (words: readonly string[]) => words.some((each) => each.toLowerCase() === word)
  if (isOf(taken))
    return {
      kind: 'taken',
      operatorMessageId: readIdentifier(identifier && wordAt(document, identifier)).value,
    }
  if (isOf(notTaken)) return { kind: 'not_taken' }
  return { kind: 'not_known', reason: status < 300 ? 'it does not know' : `HTTP ${status}` }
}
