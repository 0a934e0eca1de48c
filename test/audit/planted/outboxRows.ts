import { sql } from 'kysely'
import { bytes } from '../variedTables.ts'
import { recipient } from './planted.ts'
import type { Planted } from './planted.ts'

const NEW_ROW = 'outbox row 79797979-7979-7979-7979-797979797979'

const insertRow = (lane: number, payload: string, recipients: number) =>
  sql`INSERT INTO outbox_events (id, lane, order_key, payload, recipients, created_at)
    VALUES (REPEAT('y', 16), ${lane}, UNIX_TIMESTAMP(NOW(3)) * 1000000, ${payload}, ${recipients}, NOW(3))`

export const OUTBOX_ROWS: Planted[] = [
  {
    what: 'an outbox row under another customer than its request',
    plant: ({ ready }) => [sql`UPDATE outbox_events SET user_id = 1 WHERE sms_identifier = ${bytes(ready)}`],
    expected: ({ ready }) => [
      ['customer', `outbox row of ${ready}`],
      ['outbox', recipient(ready, 1)],
      ['outbox', recipient(ready, 2)],
    ],
  },
  {
    what: 'an outbox row that references a message for another customer',
    plant: ({ ready }) => [
      sql`UPDATE outbox_events SET payload = REPLACE(payload, ',2,3', ',2,1')
        WHERE sms_identifier = ${bytes(ready)}`,
    ],
    expected: ({ ready }) => [['customer', `outbox row of ${ready}`]],
  },
  {
    what: 'an unfinished recipient whose own outbox row is gone',
    plant: ({ ready }) => [sql`DELETE FROM outbox_events WHERE sms_identifier = ${bytes(ready)}`],
    expected: ({ ready }) => [
      ['outbox', recipient(ready, 1)],
      ['outbox', recipient(ready, 2)],
    ],
  },
  {
    what: 'an unfinished recipient that its own outbox row leaves out',
    plant: ({ ready }) => [
      sql`UPDATE outbox_events SET payload = REPLACE(payload, ',1,2,', ',1,1,'), recipients = 1
        WHERE sms_identifier = ${bytes(ready)}`,
    ],
    expected: ({ ready }) => [['outbox', recipient(ready, 2)]],
  },
  {
    what: 'unfinished recipients whose merged outbox row is gone',
    plant: () => [sql`DELETE FROM outbox_events WHERE user_id IS NULL`],
    expected: ({ merged: [one, other] }) => [
      ['outbox', recipient(one, 1)],
      ['outbox', recipient(other, 1)],
    ],
  },
  {
    what: 'a quarantined recipient that an outbox row references',
    plant: ({ quarantined }) => [insertRow(3, JSON.stringify([[quarantined, 2, 2, 2]]), 1)],
    expected: ({ quarantined }) => [['quarantine', recipient(quarantined, 2)]],
  },
  {
    what: 'an outbox row that references recipients which do not exist',
    plant: () => [insertRow(3, '[["01a1fdd7-ed8e-7260-96e0-d7fe1f915137",1,2,1]]', 2)],
    expected: () => [['dangling', NEW_ROW]],
  },
  {
    what: 'an outbox row that references more recipients than its request has',
    plant: ({ ended }) => [insertRow(3, JSON.stringify([[ended, 3, 5, 1]]), 3)],
    expected: () => [['dangling', NEW_ROW]],
  },
  {
    what: 'an outbox row that miscounts its recipients',
    plant: ({ ready }) => [
      sql`UPDATE outbox_events SET recipients = 7 WHERE sms_identifier = ${bytes(ready)}`,
    ],
    expected: ({ ready }) => [['dangling', `outbox row of ${ready}`]],
  },
  {
    what: 'an express outbox row in a lane of normal ones',
    plant: ({ sending }) => [sql`UPDATE outbox_events SET lane = 3 WHERE sms_identifier = ${bytes(sending)}`],
    expected: ({ sending }) => [['lane', `outbox row of ${sending}`]],
  },
  {
    what: 'a waiting outbox row that is due in 2099',
    plant: () => [sql`UPDATE outbox_events SET order_key = 4070908800000000 WHERE user_id IS NULL`],
    expected: () => [['due', 'outbox row of none']],
  },
  {
    what: 'a waiting outbox row that is due a minute after its schedule',
    plant: ({ scheduled }) => [
      sql`UPDATE outbox_events SET order_key = order_key + 60 * 1000000 WHERE sms_identifier = ${bytes(scheduled)}`,
    ],
    expected: ({ scheduled }) => [['due', `outbox row of ${scheduled}`]],
  },
  {
    what: 'a waiting outbox row that is due a minute after its customer’s window or rate lets it leave',
    plant: ({ scheduled }) => [
      sql`UPDATE sms_requests SET delayed_until = send_at + INTERVAL 1 HOUR WHERE sms_identifier = ${bytes(scheduled)}`,
      sql`UPDATE outbox_events SET order_key = order_key + 3660 * 1000000 WHERE sms_identifier = ${bytes(scheduled)}`,
    ],
    expected: ({ scheduled }) => [['due', `outbox row of ${scheduled}`]],
  },
  {
    what: 'a ready express outbox row with a deadline in 2099',
    plant: ({ sending }) => [
      sql`UPDATE outbox_events SET lane = 0, order_key = 4070908800000000
        WHERE sms_identifier = ${bytes(sending)}`,
    ],
    expected: ({ sending }) => [['due', `outbox row of ${sending}`]],
  },
  {
    what: 'a ready normal outbox row whose turn never comes',
    plant: ({ ready }) => [
      sql`UPDATE outbox_events SET order_key = order_key + 1000000000000 WHERE sms_identifier = ${bytes(ready)}`,
    ],
    expected: ({ ready }) => [['due', `outbox row of ${ready}`]],
  },
]
