import { z } from 'zod'
import type { DeliveryAnswer, QueryAnswer, Submission } from '../contract.ts'
import type { Exchange } from './exchange.ts'
import { readIdentifier } from './readIdentifier.ts'
import { readJson } from './readJson.ts'
import { readDelivery } from './receipts.ts'

/** Words in any case, as in the answer to a call. Any other word says nothing. */
const statusSchema = z.object({
  reference: z.string(),
  status: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['accepted', 'not_taken', 'not_known'])),
  message_id: z.unknown().optional(),
  delivery: z.unknown().optional(),
})

/**
 * What an answer of the status route says of each message, as docs/operator-protocol.md words it; a fault is an answer
 * that never came, or a 5xx. Only 200 can say that a message was not taken: an operator without the route answers 404.
 */
export function interpretStatus(
  batch: readonly Submission[],
  { status, body, fault }: Exchange,
): QueryAnswer[] | { fault: string } {
  if (status === undefined) return { fault: fault ?? 'no answer' }
  if (status >= 500) return { fault: `HTTP ${status}` }
  if (status !== 200) return batch.map(() => ({ kind: 'not_known', reason: `HTTP ${status}` }))
  if (body === undefined) return { fault: `HTTP 200, ${fault ?? 'incomplete'}` }
  const json = readJson(body)
  const byReference = Map.groupBy(
    (Array.isArray(json) ? (json as unknown[]) : [json]).flatMap((each) => {
      const { data } = statusSchema.safeParse(each)
      return data ? [data] : []
    }),
    ({ reference }) => reference.toLowerCase(),
  )
  return batch.map(({ reference }) => {
    const [first, ...others] = byReference.get(reference.toLowerCase()) ?? []
    if (!first || first.status === 'not_known') return { kind: 'not_known', reason: 'it does not know' }
    if (others.some((each) => each.status !== first.status))
      return { kind: 'not_known', reason: 'contradictory answers for this message' }
    if (first.status === 'not_taken') return { kind: 'not_taken' }
    const [delivery, ...contrary] = withoutRepeats(
      [first, ...others].map((each) => readDelivery(each.delivery)),
    )
    const operatorMessageId = readIdentifier(first.message_id).value
    return { kind: 'taken', operatorMessageId, ...(delivery && contrary.length === 0 && { delivery }) }
  })
}

/** @returns what is said of a delivery, once for each verdict. */
function withoutRepeats(deliveries: (DeliveryAnswer | undefined)[]): DeliveryAnswer[] {
  return [...new Map(deliveries.flatMap((each) => (each ? [[each.verdict, each] as const] : []))).values()]
}
