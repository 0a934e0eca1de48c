import { sql } from 'kysely'
import { bytes } from '../variedTables.ts'
import { recipient, setRecipient } from './planted.ts'
import type { Planted } from './planted.ts'

export const RECIPIENTS: Planted[] = [
  {
    what: 'a row in quarantine under another customer',
    plant: () => [sql`UPDATE sms_quarantine SET user_id = 1`],
    expected: ({ quarantined }) => [['customer', recipient(quarantined, 2)]],
  },
  {
    what: 'a pending recipient that has an owner',
    plant: ({ ready }) => [setRecipient(ready, 1, sql`owner = REPEAT('o', 8)`)],
    expected: ({ ready }) => [['state', recipient(ready, 1)]],
  },
  {
    what: 'a recipient that is sending with an owner and without a lease',
    plant: ({ sending }) => [setRecipient(sending, 1, sql`lease_until = NULL`)],
    expected: ({ sending }) => [['state', recipient(sending, 1)]],
  },
  {
    what: 'a recipient that is done without an operator',
    plant: ({ ended }) => [setRecipient(ended, 1, sql`provider = ''`)],
    expected: ({ ended }) => [['state', recipient(ended, 1)]],
  },
  {
    what: 'a recipient that is done without the time of its hand-over',
    plant: ({ ended }) => [setRecipient(ended, 1, sql`handed_over_at = NULL`)],
    expected: ({ ended }) => [['state', recipient(ended, 1)]],
  },
  {
    what: 'a recipient that failed and was handed over',
    plant: ({ ended }) => [setRecipient(ended, 4, sql`handed_over_at = NOW(3)`)],
    expected: ({ ended }) => [['state', recipient(ended, 4)]],
  },
  {
    what: 'a recipient that failed and has a cost',
    plant: ({ ended }) => [setRecipient(ended, 4, sql`cost = 5`)],
    expected: ({ ended }) => [['state', recipient(ended, 4)]],
  },
  {
    what: 'a recipient whose cost is below nothing',
    plant: ({ ended }) => [setRecipient(ended, 1, sql`cost = -1`)],
    expected: ({ ended }) => [['state', recipient(ended, 1)]],
  },
  {
    what: 'a recipient that failed without a reason',
    plant: ({ ended }) => [setRecipient(ended, 4, sql`failure_reason = NULL`)],
    expected: ({ ended }) => [['state', recipient(ended, 4)]],
  },
  {
    what: 'a recipient that failed as expired, of a message that its class gives a day',
    plant: ({ ended }) => [setRecipient(ended, 4, sql`failure_reason = 'expired', provider = ''`)],
    expected: ({ ended }) => [['state', recipient(ended, 4)]],
  },
  {
    what: 'a recipient that failed as expired before its time',
    plant: ({ ended }) => [
      setRecipient(ended, 4, sql`failure_reason = 'expired', provider = ''`),
      sql`UPDATE sms_requests SET expires_at = NOW(3) + INTERVAL 1 HOUR WHERE sms_identifier = ${bytes(ended)}`,
    ],
    expected: ({ ended }) => [['state', recipient(ended, 4)]],
  },
  {
    what: 'a recipient that is pending and has a failure reason',
    plant: ({ ready }) => [setRecipient(ready, 1, sql`failure_reason = 'rejected'`)],
    expected: ({ ready }) => [['state', recipient(ready, 1)]],
  },
  {
    what: 'a recipient that is cancelled although an operator may have it',
    plant: ({ cancelled }) => [setRecipient(cancelled, 2, sql`unconfirmed = 1`)],
    expected: ({ cancelled }) => [['state', recipient(cancelled, 2)]],
  },
  {
    what: 'a recipient that is cancelled although it was possibly sent',
    plant: ({ cancelled }) => [setRecipient(cancelled, 1, sql`possibly_sent = TRUE`)],
    expected: ({ cancelled }) => [['state', recipient(cancelled, 1)]],
  },
  {
    what: 'more submissions without a result than are allowed',
    plant: ({ express }) => [setRecipient(express, 2, sql`unconfirmed = 3`)],
    expected: ({ express }) => [['attempts', recipient(express, 2)]],
  },
  {
    what: 'a second submission that was not marked',
    plant: ({ ended }) => [setRecipient(ended, 1, sql`unconfirmed = 2`)],
    expected: ({ ended }) => [['attempts', recipient(ended, 1)]],
  },
  {
    what: 'a possible duplicate that is not marked as possibly sent',
    plant: ({ express }) => [setRecipient(express, 2, sql`possibly_sent = FALSE`)],
    expected: ({ express }) => [['attempts', recipient(express, 2)]],
  },
  {
    what: 'a recipient without an owner that is not in quarantine',
    plant: () => [sql`DELETE FROM sms_quarantine`],
    expected: ({ quarantined }) => [
      ['quarantine', recipient(quarantined, 2)],
      ['outbox', recipient(quarantined, 2)],
    ],
  },
  {
    what: 'a row in quarantine whose recipient is finished',
    plant: ({ quarantined, ended }) => [
      sql`UPDATE sms_quarantine SET user_id = 1, sms_identifier = ${bytes(ended)}`,
      setRecipient(quarantined, 2, sql`status = 'done', provider = 'operator-a', handed_over_at = NOW(3)`),
    ],
    expected: ({ ended }) => [['quarantine', recipient(ended, 2)]],
  },
  {
    what: 'a row in quarantine whose recipient is in flight',
    plant: ({ sending }) => [
      sql`INSERT INTO sms_quarantine VALUES (${bytes(sending)}, 1, 3, 'refused', NOW(3))`,
    ],
    expected: ({ sending }) => [['quarantine', recipient(sending, 1)]],
  },
  {
    what: 'a row in quarantine whose recipient does not exist',
    plant: ({ quarantined }) => [
      sql`INSERT INTO sms_quarantine VALUES (${bytes(quarantined)}, 7, 2, 'refused', NOW(3))`,
    ],
    expected: ({ quarantined }) => [['quarantine', recipient(quarantined, 7)]],
  },
]
