import { sql } from 'kysely'
import { bytes } from '../variedTables.ts'
import { OF_NOTHING } from './planted.ts'
import type { Planted } from './planted.ts'

const found: Planted['expected'] = ({ bulk }) => [['bulk', `bulk ${bulk}`]]

export const BULKS: Planted[] = [
  {
    what: 'a bulk with a message that does not exist',
    plant: () => [
      sql`UPDATE bulk_messages SET sms_identifier = ${bytes(OF_NOTHING)} WHERE message_index = 2`,
    ],
    expected: found,
  },
  {
    what: "a bulk with another customer's message",
    plant: ({ ended }) => [
      sql`UPDATE bulk_messages SET sms_identifier = ${bytes(ended)} WHERE message_index = 2`,
    ],
    expected: found,
  },
  {
    what: 'a bulk that lacks a message',
    plant: () => [sql`DELETE FROM bulk_messages WHERE message_index = 2`, sql`UPDATE bulks SET cost = 2`],
    expected: found,
  },
  {
    what: 'a bulk that says it cost more than its messages',
    plant: () => [sql`UPDATE bulks SET cost = cost + 1`],
    expected: found,
  },
  {
    what: 'messages of a bulk that does not exist',
    plant: () => [sql`DELETE FROM bulks`],
    expected: found,
  },
]
