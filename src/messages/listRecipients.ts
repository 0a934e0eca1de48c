import { sql } from 'kysely'
import type { DeliveryStatus, SmsState } from '../../db/schema.ts'
import { refuseRemoved } from '../history/index.ts'
import { read } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import type { Charging } from '../primitives/charging.ts'
import { isIdentifier } from '../primitives/identifier.ts'
import { explainFailure } from './explainFailure.ts'
import type { FailureView } from './explainFailure.ts'
import { findRequest } from './findRequests.ts'
import { moneyOf, returnedOf } from './moneyState.ts'
import type { MoneyState } from './moneyState.ts'
import { readLastErrors } from './readLastErrors.ts'
import type { V1Status } from './states.ts'
import { v1StatusOf } from './v1Status.ts'

export interface RecipientsQuery {
  userId: number
  smsIdentifier: string
  limit: number
  /** The number of the last recipient of the page before; 0 for the first page. */
  after: number
}

/** One recipient of a message, as `/v1` shows it. */
export interface RecipientView {
  recipient: string
  /** As it was written; null where that is the same. */
  givenTo: string | null
  status: V1Status
  parts: number
  /** Charged, in the smallest unit; a refund does not lower it. */
  cost: number
  charging: Charging
  money: MoneyState
  /** In the smallest unit. */
  returned: number
  attempts: number
  /** The operator that accepted or rejected it; null until then. */
  provider: string | null
  /** Why it failed, or its last attempt did while it waits for another one. */
  failure: FailureView | null
  /** Submitted again although an operator may have had it. */
  isPossibleDuplicate: boolean
  updatedAt: Date
}

export interface RecipientsPage {
  recipients: RecipientView[]
  nextAfter: number | null
}

interface Row {
  recipient_no: number
  recipient: string
  given_to: string | null
  status: SmsState
  delivery_status: DeliveryStatus | null
  is_retrying: number
  parts: number
  price: number
  returned: number
  charging: Charging
  attempts: number
  provider: string
  possibly_sent: number
  failure_reason: string | null
  possible_duplicate: number
  updated_at: Date
}

/**
 * @returns a page of a message's recipients, in the order they were given; undefined for a message that this customer did
 * not send, and for a text that is no identifier. @throws Unavailable.
 */
export async function listRecipients(db: Db, query: RecipientsQuery): Promise<RecipientsPage | undefined> {
  if (!isIdentifier(query.smsIdentifier)) return undefined
  const page = await read(db, 'messages.list_recipients', async (reader) => {
    const request = await findRequest(reader, query)
    if (!request) return undefined
    const { rows } = await sql<Row>`
      SELECT recipient_no, recipient, given_to, status, delivery_status, retrying_since IS NOT NULL AS is_retrying, parts,
             price, returned, charging, attempts, provider, possibly_sent, failure_reason, possible_duplicate, updated_at
      FROM sms_status FORCE INDEX (PRIMARY)
      WHERE sms_identifier = ${request.sms_identifier} AND recipient_no > ${query.after}
      ORDER BY recipient_no LIMIT ${sql.lit(query.limit + 1)}`.execute(reader)
    const page = rows.slice(0, query.limit)
    const nextAfter = rows.length > query.limit ? (page.at(-1)?.recipient_no ?? null) : null
    const errors = await readErrors(reader, request.sms_identifier, page)
    return {
      recipients: page.map((row) => ({
        ...toView(row, request.is_scheduled === 1),
        failure: explainFailure(row) ?? errors.get(row.recipient_no) ?? null,
      })),
      nextAfter,
    }
  })
  return page ?? refuseRemoved(db, query.smsIdentifier)
}

/** Of recipients that wait for another attempt, which few pages have. */
async function readErrors(
  reader: Reader,
  smsIdentifier: Buffer,
  page: Row[],
): Promise<Map<number, FailureView>> {
  const retrying = page.filter(({ status, is_retrying }) => status === 'pending' && is_retrying === 1)
  const [first, last] = [retrying[0], retrying.at(-1)]
  if (!first || !last) return new Map()
  return readLastErrors(reader, smsIdentifier, { first: first.recipient_no, last: last.recipient_no })
}

function toView(row: Row, isScheduled: boolean): Omit<RecipientView, 'failure'> {
  return {
    recipient: row.recipient,
    givenTo: row.given_to,
    status: v1StatusOf({
      status: row.status,
      deliveryStatus: row.delivery_status,
      isRetrying: row.is_retrying === 1,
      isScheduled,
    }),
    parts: row.parts,
    cost: row.price,
    ...{ charging: row.charging, money: moneyOf(row), returned: returnedOf(row) },
    attempts: row.attempts,
    provider: row.provider || null,
    isPossibleDuplicate: row.possible_duplicate === 1,
    updatedAt: row.updated_at,
  }
}
