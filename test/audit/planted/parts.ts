import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { at, bytes } from '../variedTables.ts'
import { OF_NOTHING, recipient, setRecipient } from './planted.ts'
import type { Planted } from './planted.ts'

const ofRecipient =
  (no: number): Planted['expected'] =>
  ({ express }) => [['part', recipient(express, no)]]
const setPart = (identifier: string, no: number, partNo: number, status: RawBuilder<unknown>) =>
  sql`UPDATE operator_message_parts SET delivery_status = ${status}
    WHERE ${at(identifier, no)} AND provider = 'operator-a' AND part_no = ${partNo}`
const setReceipt = (identifier: string, no: number, partNo: number, what: RawBuilder<unknown>) =>
  sql`UPDATE receipts SET ${what} WHERE ${at(identifier, no)} AND part_no = ${partNo}`

/** Recipient 1 of `express` is delivered in two parts, 2 has none delivered and one not, at another operator. */
export const PARTS: Planted[] = [
  {
    what: 'a part with a delivery status without a receipt',
    plant: ({ express }) => [setPart(express, 2, 1, sql`'delivered'`)],
    expected: ofRecipient(2),
  },
  {
    what: 'a part with a delivery status that is not that of its receipt',
    plant: ({ express }) => [setReceipt(express, 2, 1, sql`verdict = 'delivered'`)],
    expected: ofRecipient(2),
  },
  {
    what: 'a part with a delivery status from the receipt of another operator',
    plant: ({ express }) => [setReceipt(express, 1, 2, sql`operator = 'operator-b'`)],
    expected: ofRecipient(1),
  },
  {
    what: 'a message that is delivered before all of its parts are',
    plant: ({ express }) => [
      setPart(express, 1, 2, sql`NULL`),
      setReceipt(express, 1, 2, sql`state = 'intermediate'`),
    ],
    expected: ofRecipient(1),
  },
  {
    what: 'a message that is delivered although a part of it was not',
    plant: ({ express }) => [
      setPart(express, 1, 2, sql`'undelivered'`),
      setReceipt(express, 1, 2, sql`verdict = 'undelivered'`),
    ],
    expected: ofRecipient(1),
  },
  {
    what: 'a message without a delivery status whose parts are all delivered',
    plant: ({ express }) => [setRecipient(express, 1, sql`delivery_status = NULL`)],
    expected: ofRecipient(1),
  },
  {
    what: 'a message without a delivery status of which its operator did not deliver a part',
    plant: ({ express }) => [setRecipient(express, 2, sql`provider = 'operator-b'`)],
    expected: ofRecipient(2),
  },
  {
    what: 'a part of a message that does not exist',
    plant: () => [
      sql`INSERT INTO operator_message_parts (sms_identifier, recipient_no, provider, part_no, provider_message_id, created_at)
        VALUES (${bytes(OF_NOTHING)}, 1, 'operator-a', 1, 'x', NOW(3))`,
    ],
    expected: () => [['part', recipient(OF_NOTHING, 1)]],
  },
]
