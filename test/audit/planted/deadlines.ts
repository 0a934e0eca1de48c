import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { at, bytes } from '../variedTables.ts'
import { recipient } from './planted.ts'
import type { Planted } from './planted.ts'

/** Its guarantee was over a second before it was accepted. */
const tooLate = (identifier: string) =>
  sql`UPDATE sms_requests SET guaranteed_by = created_at - INTERVAL 1 SECOND WHERE sms_identifier = ${bytes(identifier)}`

/** As a settlement records it, but for the changes. */
const record = (identifier: string, changes?: RawBuilder<unknown>) => [
  sql`INSERT INTO deadline_misses (sms_identifier, recipient_no, user_id, cause, guaranteed_by, ended_at)
    SELECT s.sms_identifier, s.recipient_no, s.user_id, 'late', r.guaranteed_by, s.handed_over_at
    FROM sms_status s JOIN sms_requests r ON r.sms_identifier = s.sms_identifier
    WHERE s.sms_identifier = ${bytes(identifier)}`,
  ...(changes ? [sql`UPDATE deadline_misses SET ${changes} WHERE recipient_no = 1`] : []),
]

/** Its tariff gives the price of misses back, of recipient 1 alone. */
const refundMissed = (identifier: string) => [
  sql`INSERT INTO tariffs (id, destination_prefix, valid_from, per, price, refund_missed, created_at)
    VALUES (4711, '', NOW(3), 'message', 3, TRUE, NOW(3))`,
  sql`UPDATE sms_status SET tariff_id = 4711 WHERE ${at(identifier, 1)}`,
]

export const DEADLINES: Planted[] = [
  {
    what: 'recipients that were handed over late, and no miss of them',
    plant: ({ express }) => [tooLate(express)],
    expected: ({ express }) => [
      ['deadline', recipient(express, 1)],
      ['deadline', recipient(express, 2)],
    ],
  },
  {
    what: 'recipients that failed or were handed over late, and no miss of them',
    plant: ({ told }) => [tooLate(told)],
    expected: ({ told }) => [
      ['deadline', recipient(told, 1)],
      ['deadline', recipient(told, 2)],
    ],
  },
  {
    what: 'a miss of a recipient that was handed over in time',
    plant: ({ express }) => [
      tooLate(express),
      ...record(express),
      sql`UPDATE sms_requests SET guaranteed_by = created_at + INTERVAL 1 HOUR WHERE sms_identifier = ${bytes(express)}`,
    ],
    expected: ({ express }) => [
      ['deadline', recipient(express, 1)],
      ['deadline', recipient(express, 2)],
    ],
  },
  {
    what: 'a compensation without a tariff that says so',
    plant: ({ express }) => [tooLate(express), ...record(express, sql`due_at = NOW(3)`)],
    expected: ({ express }) => [['deadline', recipient(express, 1)]],
  },
  {
    what: 'a miss whose tariff says that it is compensated, and that is not',
    plant: ({ express }) => [tooLate(express), ...refundMissed(express), ...record(express)],
    expected: ({ express }) => [['deadline', recipient(express, 1)]],
  },
  {
    what: 'a compensation that is due for too long',
    plant: ({ express }) => [
      ...[tooLate(express), ...refundMissed(express)],
      ...record(express, sql`due_at = NOW(3) - INTERVAL 11 MINUTE`),
    ],
    expected: ({ express }) => [['deadline', recipient(express, 1)]],
  },
  {
    what: 'a compensation of nothing, although the price had not gone back',
    plant: ({ express }) => [
      ...[tooLate(express), ...refundMissed(express)],
      ...record(express, sql`compensated_at = NOW(3), compensation = 0`),
    ],
    expected: ({ express }) => [['deadline', recipient(express, 1)]],
  },
  {
    what: 'a compensation that the ledger does not have',
    plant: ({ express }) => [
      ...[tooLate(express), ...refundMissed(express)],
      ...record(express, sql`compensated_at = NOW(3), compensation = 3`),
    ],
    expected: ({ express }) => [['deadline', recipient(express, 1)]],
  },
]
