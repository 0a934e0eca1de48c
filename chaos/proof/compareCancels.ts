import { sql } from 'kysely'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../src/primitives/identifier.ts'
import type { Cancel, Sent, SentBulk } from '../clients/record.ts'
import { isCostOfSome, priceOf, pricesOf, sum } from '../prices.ts'
import { ROWS_PER_PAGE, eachRow } from './eachRow.ts'
import { markOf } from './marks.ts'

interface Row {
  id: Buffer
  text: string
  /** The numbers of the cancelled recipients, with commas between them. */
  cancelled: string | null
  refunded: number | string | null
}

/** The state of a message or a bulk: its cancelled recipients, what they cost, and what came back for them. */
export interface CancelledInTables {
  cancelled: number
  owed: number
  refunded: number
}

/** What was asked for, and what the answers said. */
export interface AskedToCancel {
  /** Of all recipients. */
  prices: readonly number[]
  cancels: readonly Cancel[]
  /** An answer may be that nothing is cancelled: the rest of a bulk, which was not decided, is refused. */
  mayBeNone?: boolean
}

/**
 * Whether as many recipients are cancelled and refunded as the clients were told, of each message and of each bulk. The
 * comparison with the operators' record says whether a cancelled one reached an operator. @returns one line each.
 */
export async function compareCancels(
  db: Db,
  { sent, bulks }: { sent: readonly Sent[]; bulks: readonly SentBulk[] },
): Promise<string[]> {
  const wrong: string[] = []
  const byMark = new Map(sent.map((each) => [each.mark, each]))
  const bulkOf = new Map(bulks.flatMap((bulk) => bulk.messages.map(({ mark }) => [mark, bulk] as const)))
  const ofBulks = new Map(bulks.map((bulk) => [bulk, { cancelled: 0, owed: 0, refunded: 0 }]))
  for await (const row of eachRow(db, 'chaos.cancels', cancelsAfter)) {
    const asked = byMark.get(markOf(row.text))
    if (!asked) continue
    const found = foundIn(asked, row)
    const bulk = bulkOf.get(asked.mark)
    if (bulk) add(ofBulks.get(bulk), found)
    const name = `${asked.mark}, message ${identifierFromBytes(row.id)}`
    // What a cancellation of the whole bulk did to one message is not told.
    const cancels = [...(asked.cancels ?? []), ...(bulk?.cancels ?? []).map(withoutAnswer)]
    wrong.push(
      ...explainCancels({ prices: pricesOf(asked), cancels }, found).map((line) => `${name}: ${line}`),
    )
  }
  for (const [bulk, found] of ofBulks) {
    const prices = bulk.messages.flatMap(pricesOf)
    const asked = { prices, cancels: bulk.cancels, mayBeNone: bulk.repeated === undefined }
    wrong.push(...explainCancels(asked, found).map((line) => `${bulk.mark}, bulk ${bulk.bulkId}: ${line}`))
  }
  return wrong
}

function foundIn(asked: Sent, { cancelled, refunded }: Row): CancelledInTables {
  const numbers = cancelled === null ? [] : cancelled.split(',').map(Number)
  const owed = sum(numbers.map((recipientNo) => priceOf(asked, recipientNo)))
  return { cancelled: numbers.length, owed, refunded: Number(refunded ?? 0) }
}

function add(total: CancelledInTables | undefined, { cancelled, owed, refunded }: CancelledInTables): void {
  if (!total) return
  total.cancelled += cancelled
  total.owed += owed
  total.refunded += refunded
}

function withoutAnswer({ answered, label }: Cancel): Cancel {
  return { answered: answered === 'refused' ? 'refused' : 'unknown', label }
}

/** A later cancellation may find more than an earlier one, never less. One without an answer may have found more. */
export function explainCancels(asked: AskedToCancel, found: CancelledInTables): string[] {
  const { cancelled, owed, refunded } = found
  const accepted = asked.cancels.filter(({ answered }) => answered === 'accepted')
  const told = Math.max(0, ...accepted.map((each) => each.cancelled ?? 0))
  const mayBeMore = asked.cancels.some(({ answered }) => answered === 'unknown')
  const wrong: string[] = []
  if (cancelled < told) wrong.push(`answered as ${told} cancelled, and ${cancelled} are`)
  if (cancelled > told && !mayBeMore)
    wrong.push(`${cancelled} are cancelled, and ${told} were answered as cancelled`)
  if (refunded !== owed) wrong.push(`${cancelled} are cancelled, and ${refunded} came back for them`)
  for (const answer of accepted.filter((each) => !isPaidRightly(each, asked, found)))
    wrong.push(`answered as ${answer.cancelled} cancelled and ${answer.refunded} refunded`)
  return wrong
}

/** An answer is 200 only if something is cancelled. Which recipients were, only the last state tells. */
function isPaidRightly(
  { cancelled = 0, refunded = -1 }: Cancel,
  { prices, mayBeNone = false }: AskedToCancel,
  found: CancelledInTables,
): boolean {
  if (cancelled === 0) return mayBeNone && refunded === 0
  if (cancelled === found.cancelled) return refunded === found.owed
  return isCostOfSome(prices, cancelled, refunded)
}

function cancelsAfter(after: Buffer) {
  return sql<Row>`
    SELECT r.sms_identifier AS id, MIN(r.text) AS text, SUM(t.amount) AS refunded,
      GROUP_CONCAT(IF(s.status = 'cancelled', s.recipient_no, NULL)) AS cancelled
    FROM sms_requests r JOIN sms_status s ON s.sms_identifier = r.sms_identifier
      LEFT JOIN user_transactions t ON s.status = 'cancelled' AND t.transaction_id = s.sms_identifier
        AND t.recipient_no = s.recipient_no AND t.transaction_type IN ('refund', 'release')
    WHERE r.sms_identifier > ${after} GROUP BY r.sms_identifier ORDER BY r.sms_identifier
    LIMIT ${sql.lit(ROWS_PER_PAGE)}`
}
