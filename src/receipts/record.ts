import { sql } from 'kysely'
import type { DeliveryStatus, ReceiptState } from '../../db/schema.ts'
import type { RecipientKey } from '../messages/index.ts'
import type { ReceiptCause } from '../operators/index.ts'
import { dateTime, insertRows } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'

/** A receipt beside the recipient that it matched. */
export interface RecordedReceipt extends RecipientKey {
  id: string
  operator: string
  state: ReceiptState
  verdict: DeliveryStatus | null
  partNo: number | null
  /** The operator's own code. */
  code: string | null
  cause: ReceiptCause | null
  raw: Buffer
  doneAt: Date | null
  receivedAt: Date
}

/** What is kept of a receipt that matched. */
const RAW_BYTES_MAX = 4_096
const CODE_CHARS_MAX = 50

export async function recordReceipts(tx: Tx, receipts: RecordedReceipt[]): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO receipts (sms_identifier, recipient_no, id, operator, state, verdict, part_no, code, cause, raw,
      done_at, received_at)`,
    receipts.map((each) => [
      identifierToBytes(each.smsIdentifier),
      each.recipientNo,
      identifierToBytes(each.id),
      each.operator,
      each.state,
      each.verdict,
      each.partNo,
      each.code?.slice(0, CODE_CHARS_MAX) ?? null,
      each.cause,
      each.raw.subarray(0, RAW_BYTES_MAX),
      toColumn(each.doneAt),
      dateTime(each.receivedAt.getTime()),
    ]),
  )
}

const YEARS = { min: Date.UTC(1970, 0, 1), max: Date.UTC(9999, 0, 1) }

/** An operator's clock may say anything, and a column takes no year beyond 9999. */
function toColumn(time: Date | null): string | null {
  const ms = time?.getTime() ?? NaN
  return ms >= YEARS.min && ms < YEARS.max ? dateTime(ms) : null
}
