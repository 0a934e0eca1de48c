import { sql } from 'kysely'
import type { DeliveryStatus, SmsState } from '../../db/schema.ts'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../src/primitives/identifier.ts'
import type { Witness } from './witness.ts'

/** What one operator did with one recipient. */
export interface Taking {
  operator: string
  /** See Witness. */
  isByIdentifier: boolean
  /** It took a part at least of a message of several parts, which may be less than the message. */
  isInParts: boolean
  /** What the final receipts say that it sent, and that were answered as stored. */
  receipts: readonly DeliveryStatus[]
}

export interface DeliveredRow {
  status: SmsState
  provider: string | null
  possibly_sent: number
  delivery_status: DeliveryStatus | null
}

interface Row extends DeliveredRow {
  id: Buffer
  no: number
}

export interface DeliveriesReport {
  /** One line for each recipient whose delivery status is not what its receipts say. */
  wrong: string[]
  /** Of which an operator took a part, and which failed without a mark or were cancelled. */
  unmarked: string[]
  counts: {
    delivered: number
    undelivered: number
    /** The answer of an operator that knows it by an identifier of its own may be lost: its receipt may match nothing. */
    undecided: number
  }
}

const ROWS_PER_PAGE = 5_000

/**
 * Whether each recipient has the delivery status that its operators' receipts say, and none where they say nothing.
 * Called when every receipt was answered as stored, and then tried. A receipt that had a second effect would be a second
 * one that was applied, or a second event, which the audit finds.
 */
export async function compareDeliveries(db: Db, witnesses: readonly Witness[]): Promise<DeliveriesReport> {
  const takings = await readTakings(witnesses)
  const counts = { delivered: 0, undelivered: 0, undecided: 0 }
  const report: DeliveriesReport = { wrong: [], unmarked: [], counts }
  for await (const row of eachRecipient(db)) {
    const reference = `${identifierFromBytes(row.id)}:${row.no}`
    const theirs = takings.get(reference) ?? []
    const judged = judgeDelivery(row, theirs)
    if (judged === 'undecided') counts.undecided++
    else if (judged !== undefined) report.wrong.push(`recipient ${reference}: ${judged}`)
    const unmarked = explainUnmarked(row, theirs)
    if (unmarked !== undefined) report.unmarked.push(`recipient ${reference}: ${unmarked}`)
    if (row.delivery_status !== null) counts[row.delivery_status]++
  }
  return report
}

/**
 * @returns what is wrong; `undecided`: nothing can be said, since the operator's answer may have been lost and with it the
 * identifier that its receipt carries.
 */
export function judgeDelivery(row: DeliveredRow, takings: readonly Taking[]): string | undefined {
  const { status, provider, possibly_sent, delivery_status: is } = row
  const said = new Set(takings.flatMap(({ receipts }) => receipts))
  if (is !== null && said.has(is)) return undefined
  // Receipts of parts of several submissions can come together.
  const isMixed = possibly_sent === 1 && takings.some(({ isInParts }) => isInParts)
  if (is !== null) return isMixed ? 'undecided' : `is ${is}, and its receipts say ${describe(said)}`
  if (status === 'failed' || status === 'cancelled') return undefined
  const telling = takings.filter(({ operator, receipts }) => isTelling(receipts, operator === provider))
  if (telling.length === 0) return undefined
  const isLost = possibly_sent === 1 && telling.every(({ isByIdentifier }) => isByIdentifier)
  return isLost
    ? 'undecided'
    : `is ${status} without a delivery status, and its receipts say ${describe(said)}`
}

/** What an operator took of a message as a whole, the comparison of records covers. */
export function explainUnmarked(
  { status, possibly_sent }: DeliveredRow,
  takings: readonly Taking[],
): string | undefined {
  if (!takings.some(({ isInParts }) => isInParts)) return undefined
  if (status === 'cancelled') return 'is cancelled, and a part of it was taken'
  return status === 'failed' && possibly_sent === 0
    ? 'is failed and not marked as possibly sent, and a part of it was taken'
    : undefined
}

/** That it was not delivered counts only from the operator that has it: another one may have delivered it. */
function isTelling(receipts: readonly DeliveryStatus[], isOfProvider: boolean): boolean {
  return receipts.includes('delivered') || (receipts.length > 0 && isOfProvider)
}

function describe(said: ReadonlySet<DeliveryStatus>): string {
  return [...said].toSorted().join(' and ') || 'nothing'
}

async function readTakings(witnesses: readonly Witness[]): Promise<Map<string, Taking[]>> {
  const takings = new Map<string, Taking[]>()
  const add = (reference: string, taking: Taking) => {
    const others = takings.get(reference)
    if (others) others.push(taking)
    else takings.set(reference, [taking])
  }
  for (const witness of witnesses) {
    const { name: operator, isByIdentifier, inParts } = witness
    const whole = new Set<string>()
    for await (const { reference, taken, receipts } of witness.submissions()) {
      if (taken === 0) continue
      const isInParts = inParts.has(reference)
      if (isInParts) whole.add(reference)
      add(reference, { operator, isByIdentifier, isInParts, receipts })
    }
    for (const reference of inParts)
      if (!whole.has(reference)) add(reference, { operator, isByIdentifier, isInParts: true, receipts: [] })
  }
  return takings
}

/** In the order of the key. */
async function* eachRecipient(db: Db): AsyncGenerator<Row> {
  let after: Pick<Row, 'id' | 'no'> = { id: Buffer.alloc(0), no: 0 }
  for (;;) {
    const { id, no } = after
    const { rows } = await read(db, 'chaos.deliveries', (reader) =>
      sql<Row>`
        SELECT sms_identifier AS id, recipient_no AS no, status, provider, possibly_sent, delivery_status
        FROM sms_status WHERE sms_identifier > ${id} OR (sms_identifier = ${id} AND recipient_no > ${no})
        ORDER BY sms_identifier, recipient_no LIMIT ${sql.lit(ROWS_PER_PAGE)}`.execute(reader),
    )
    yield* rows
    const last = rows.at(-1)
    if (!last) return
    after = last
  }
}
