import { sql } from 'kysely'
import { at } from '../variedTables.ts'
import { recipient } from './planted.ts'
import type { Planted } from './planted.ts'

const SEQUENCE: Planted['expected'] = () => [['sequence', 'events of customer 4']]
const ofRecipient =
  (no: number): Planted['expected'] =>
  ({ told }) => [['event', recipient(told, no)]]

export const EVENTS: Planted[] = [
  {
    what: 'a gap in the numbers of events',
    plant: () => [
      sql`UPDATE event_log SET seq = 3 WHERE user_id = 4`,
      sql`INSERT INTO event_log SELECT user_id, 1, REPEAT('e', 16), 0, 1, 'balance.low', 1, 1, occurred_at, sequenced_at
        FROM event_log WHERE user_id = 4`,
      sql`UPDATE event_sequences SET last_seq = 3 WHERE user_id = 4`,
    ],
    expected: SEQUENCE,
  },
  {
    what: 'a counter of events that is ahead of the log',
    plant: () => [sql`UPDATE event_sequences SET last_seq = 2 WHERE user_id = 4`],
    expected: SEQUENCE,
  },
  {
    what: 'a counter of events that is behind the log',
    plant: () => [sql`UPDATE event_sequences SET last_seq = 0 WHERE user_id = 4`],
    expected: SEQUENCE,
  },
  {
    what: 'events without a counter',
    plant: () => [sql`DELETE FROM event_sequences WHERE user_id = 4`],
    expected: SEQUENCE,
  },
  {
    what: 'a finished recipient without its event',
    plant: ({ told }) => [sql`DELETE FROM event_queue WHERE ${at(told, 2)}`],
    expected: ofRecipient(2),
  },
  {
    what: 'a recipient with the event of another state',
    plant: ({ told }) => [sql`UPDATE event_queue SET type = 'message.cancelled' WHERE ${at(told, 2)}`],
    expected: ofRecipient(2),
  },
  {
    what: 'a recipient that has its event twice',
    plant: ({ told }) => [
      sql`INSERT INTO event_queue SELECT user_id, sms_identifier, recipient_no, version, type, makes_events, threshold,
        occurred_at FROM event_log WHERE ${at(told, 1)}`,
    ],
    expected: ofRecipient(1),
  },
  {
    what: 'a recipient with an event of a delivery that nobody reported',
    plant: ({ told }) => [
      sql`INSERT INTO event_queue SELECT user_id, sms_identifier, recipient_no, 2, 'message.delivered', makes_events,
        threshold, occurred_at FROM event_log WHERE ${at(told, 1)}`,
    ],
    expected: ofRecipient(1),
  },
]
