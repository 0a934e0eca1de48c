import { sql } from 'kysely'
import { at, bytes } from '../variedTables.ts'
import { OF_NOTHING, recipient, setRecipient } from './planted.ts'
import type { Planted } from './planted.ts'

const insert = (identifier: string, no: number, attempt: number) =>
  sql`INSERT INTO delivery_attempts
    VALUES (${bytes(identifier)}, ${no}, ${attempt}, 1, 'operator-a', 'unavailable', 'HTTP 503', '', NOW(3), 1, 0)`

export const ATTEMPTS: Planted[] = [
  {
    what: 'an attempt of a recipient that does not exist',
    plant: () => [insert(OF_NOTHING, 1, 1)],
    expected: () => [['history', recipient(OF_NOTHING, 1)]],
  },
  {
    what: 'an attempt beyond those that were counted',
    plant: ({ ended }) => [insert(ended, 1, 2)],
    expected: ({ ended }) => [['history', recipient(ended, 1)]],
  },
  {
    what: 'a recipient that failed, unmarked, although an operator accepted it',
    plant: ({ ended }) => [sql`UPDATE delivery_attempts SET result = 'accepted' WHERE ${at(ended, 4)}`],
    expected: ({ ended }) => [['history', recipient(ended, 4)]],
  },
  {
    what: 'a recipient that was cancelled although an operator accepted it',
    plant: ({ cancelled }) => [
      setRecipient(cancelled, 1, sql`attempts = 1`),
      insert(cancelled, 1, 1),
      sql`UPDATE delivery_attempts SET result = 'accepted' WHERE ${at(cancelled, 1)}`,
    ],
    expected: ({ cancelled }) => [['history', recipient(cancelled, 1)]],
  },
]
