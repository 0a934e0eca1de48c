import { sql } from 'kysely'
import { bytes } from '../variedTables.ts'
import { OF_NOTHING, recipient, refundOf, setRecipient } from './planted.ts'
import type { Planted } from './planted.ts'

const hold = (id: string, no: number, { price = 1, userId = 1, releaseAt = sql`NULL` } = {}) =>
  sql`INSERT INTO holds (sms_identifier, recipient_no, user_id, price, receipt_wait_seconds, release_at)
    VALUES (${bytes(id)}, ${no}, ${userId}, ${price}, 3600, ${releaseAt})`
const IN_AN_HOUR = sql`NOW(3) + INTERVAL 1 HOUR`
const byHandOver = (id: string, no: number) => setRecipient(id, no, sql`charging = 'hand_over'`)
const byDelivery = (id: string, no: number) => setRecipient(id, no, sql`charging = 'delivery'`)

export const HOLDS: Planted[] = [
  {
    what: 'nothing in prices that are held, captured or released as their tariffs say',
    plant: ({ ready, merged, ended, told }) => [
      ...[byHandOver(ready, 1), hold(ready, 1, { userId: 3 }), byDelivery(merged[0], 1), hold(merged[0], 1)],
      ...[byDelivery(ended, 1), byHandOver(ended, 2)],
      ...[byDelivery(ended, 3), hold(ended, 3, { releaseAt: IN_AN_HOUR })],
      ...[
        byDelivery(told, 2),
        sql`UPDATE user_transactions SET transaction_type = 'release' WHERE ${refundOf(told, 2)}`,
      ],
    ],
    expected: () => [],
  },
  {
    what: 'recipients that are to be paid later, whose price is not held',
    plant: ({ ready, ended }) => [byHandOver(ready, 1), byDelivery(ended, 2), byDelivery(ended, 3)],
    expected: ({ ready, ended }) => [
      ['hold', recipient(ready, 1)],
      ['hold', recipient(ended, 2)],
      ['hold', recipient(ended, 3)],
    ],
  },
  {
    what: 'a hold of a price that was paid at acceptance, and one of nothing',
    plant: ({ ready }) => [hold(ready, 1, { userId: 3 }), hold(OF_NOTHING, 1)],
    expected: ({ ready }) => [
      ['hold', recipient(ready, 1)],
      ['hold', recipient(OF_NOTHING, 1)],
    ],
  },
  {
    what: 'holds of prices that were captured by the hand-over and by the delivery',
    plant: ({ ended }) => [
      ...[byDelivery(ended, 1), hold(ended, 1, { releaseAt: IN_AN_HOUR })],
      ...[byHandOver(ended, 2), hold(ended, 2)],
    ],
    expected: ({ ended }) => [
      ['hold', recipient(ended, 1)],
      ['hold', recipient(ended, 2)],
    ],
  },
  {
    what: 'a hold of a price that was released',
    plant: ({ told }) => [
      byDelivery(told, 2),
      sql`UPDATE user_transactions SET transaction_type = 'release' WHERE ${refundOf(told, 2)}`,
      hold(told, 2, { userId: 4 }),
    ],
    expected: ({ told }) => [['hold', recipient(told, 2)]],
  },
  {
    what: 'a price that was held and refunded as if it had been paid, and one that was paid and released',
    plant: ({ told, ended }) => [
      byDelivery(told, 2),
      sql`UPDATE user_transactions SET transaction_type = 'release' WHERE ${refundOf(ended, 4)}`,
    ],
    expected: ({ told, ended }) => [
      ['refund', recipient(told, 2)],
      ['refund', recipient(ended, 4)],
    ],
  },
  {
    what: 'a hold of another price, and one of another customer',
    plant: ({ ready, ended }) => [
      ...[byHandOver(ready, 1), hold(ready, 1, { userId: 3, price: 2 })],
      ...[byDelivery(ended, 3), hold(ended, 3, { userId: 2, releaseAt: IN_AN_HOUR })],
    ],
    expected: ({ ready, ended }) => [
      ['hold', recipient(ready, 1)],
      ['customer', recipient(ended, 3)],
    ],
  },
  {
    what: 'a release that is missing after an operator did not deliver, and one after the wait for a receipt',
    plant: ({ ended }) => [
      setRecipient(ended, 3, sql`charging = 'delivery', handed_over_at = NOW(3) - INTERVAL 2 HOUR`),
      hold(ended, 3, { releaseAt: sql`NOW(3) - INTERVAL 1 HOUR` }),
      ...[byDelivery(ended, 2), hold(ended, 2, { releaseAt: sql`NOW(3) - INTERVAL 11 MINUTE` })],
    ],
    expected: ({ ended }) => [
      ['hold', recipient(ended, 2)],
      ['hold', recipient(ended, 3)],
    ],
  },
  {
    what: 'a hold that waits for no release, one that waits before its hand-over, and one that waits for too long',
    plant: ({ ended, ready, quarantined }) => [
      ...[byDelivery(ended, 3), hold(ended, 3)],
      ...[byDelivery(ready, 1), hold(ready, 1, { userId: 3, releaseAt: IN_AN_HOUR })],
      byDelivery(quarantined, 1),
      hold(quarantined, 1, { userId: 2, releaseAt: sql`NOW(3) + INTERVAL 2 HOUR` }),
    ],
    expected: ({ ended, ready, quarantined }) => [
      ['hold', recipient(ended, 3)],
      ['hold', recipient(ready, 1)],
      ['hold', recipient(quarantined, 1)],
    ],
  },
]
