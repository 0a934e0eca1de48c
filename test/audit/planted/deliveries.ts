import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { at, bytes } from '../variedTables.ts'
import { OF_NOTHING, recipient, setRecipient } from './planted.ts'
import type { Planted } from './planted.ts'

/** An applied receipt; `name` is one character, by which its identifier differs. */
const receipt = (identifier: string, no: number, verdict: string, name = 'a'): RawBuilder<unknown> =>
  sql`INSERT INTO receipts (sms_identifier, recipient_no, id, operator, state, verdict, part_no, raw, received_at)
    VALUES (${bytes(identifier)}, ${no}, REPEAT(${name}, 16), 'operator-a', 'applied', ${verdict}, NULL, '', NOW(3))`

/** Recipient 1 of `ended` is delivered, 2 undelivered, and 3 has no receipt. */
export const DELIVERIES: Planted[] = [
  {
    what: 'a delivery status without a receipt',
    plant: ({ ended }) => [setRecipient(ended, 3, sql`delivery_status = 'delivered'`)],
    expected: ({ ended }) => [['delivery', recipient(ended, 3)]],
  },
  {
    what: 'a delivery status whose receipt was only recorded',
    plant: ({ ended }) => [sql`UPDATE receipts SET state = 'repeated' WHERE ${at(ended, 1)}`],
    expected: ({ ended }) => [['delivery', recipient(ended, 1)]],
  },
  {
    what: 'a delivery status that is not that of its receipt',
    plant: ({ ended }) => [sql`UPDATE receipts SET verdict = 'undelivered' WHERE ${at(ended, 1)}`],
    expected: ({ ended }) => [['delivery', recipient(ended, 1)]],
  },
  {
    what: 'an applied receipt that set no delivery status',
    plant: ({ ended }) => [receipt(ended, 3, 'delivered')],
    expected: ({ ended }) => [['delivery', recipient(ended, 3)]],
  },
  {
    what: 'two applied receipts of one recipient',
    plant: ({ ended }) => [receipt(ended, 1, 'delivered', 'b')],
    expected: ({ ended }) => [['delivery', recipient(ended, 1)]],
  },
  {
    what: 'a receipt of a message that does not exist',
    plant: () => [receipt(OF_NOTHING, 1, 'delivered')],
    expected: () => [['delivery', recipient(OF_NOTHING, 1)]],
  },
  {
    what: 'a delivery status of a recipient that failed',
    plant: ({ ended }) => [
      setRecipient(ended, 4, sql`delivery_status = 'undelivered'`),
      receipt(ended, 4, 'undelivered'),
    ],
    expected: ({ ended }) => [['delivery', recipient(ended, 4)]],
  },
  {
    what: 'a recipient that was not delivered, without a reason',
    plant: ({ ended }) => [setRecipient(ended, 2, sql`failure_reason = NULL`)],
    expected: ({ ended }) => [['state', recipient(ended, 2)]],
  },
]
