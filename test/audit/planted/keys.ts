import { sql } from 'kysely'
import { bytes } from '../variedTables.ts'
import type { Planted } from './planted.ts'

export const KEYS: Planted[] = [
  {
    what: 'an idempotency key that names a message which does not exist',
    plant: () => [sql`UPDATE idempotency_keys SET identifier = REPEAT('x', 16) WHERE route = 'sms/send'`],
    expected: () => [['key', 'key of customer 1 on sms/send']],
  },
  {
    what: 'an idempotency key that names a message of another customer',
    plant: ({ ended }) => [
      sql`UPDATE idempotency_keys SET identifier = ${bytes(ended)} WHERE user_id = 3 AND route = 'messages'`,
    ],
    expected: () => [['key', 'key of customer 3 on messages']],
  },
]
