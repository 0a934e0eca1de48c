import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { transact } from '../../src/platform/db/index.ts'
import { identifierToBytes, lowestAt } from '../../src/primitives/identifier.ts'
import type { Reason } from '../../src/retention/types.ts'
import { bytes } from '../audit/variedTables.ts'
import { look } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import {
  DAY_MS,
  KEPT_MS,
  WEEK_MS,
  foldAll,
  fundAt,
  openRemoval,
  openWeeks,
  partitionsOf,
  renewTables,
  runRounds,
  sendAt,
} from './weeks.ts'
import type { Weeks } from './weeks.ts'

describe('a week that is due', () => {
  let stack: Stack
  let weeks: Weeks
  let id: string
  let partitions: string[]
  before(async () => {
    stack = await freshStack()
    weeks = await openWeeks(stack)
    await fundAt(weeks.db, 1, weeks.mondayMs + DAY_MS)
    id = await sendAt(weeks.db, 1, weeks.mondayMs + 2 * DAY_MS)
    await foldAll(weeks.db)
    // The week before is empty, and gone.
    await runRounds(openRemoval(weeks, () => weeks.mondayMs + KEPT_MS).context)
    partitions = await partitionsOf(weeks.db, 'sms_status')
  })
  after(async () => {
    weeks.close()
    await renewTables(stack)
    await stack.drop()
  })
  beforeEach(() =>
    look(
      weeks.db,
      sql`DELETE FROM removed_weeks WHERE below > ${identifierToBytes(lowestAt(weeks.mondayMs))}`,
    ),
  )

  const dueMs = () => weeks.mondayMs + WEEK_MS + KEPT_MS
  const first = () => sql`sms_identifier = ${bytes(id)} AND recipient_no = 1`
  const key = () => sql`${bytes(id)}, 1`
  const merged = () => JSON.stringify([[id, 1, 1, 1]])

  const guards: [
    reason: Reason,
    what: string,
    plant: () => RawBuilder<unknown>,
    undo: () => RawBuilder<unknown>,
  ][] = [
    [
      'open',
      'a recipient is scheduled or waits',
      () => sql`UPDATE sms_status SET status = 'pending', handed_over_at = NULL, owner = NULL, lease_until = NULL,
          provider = '' WHERE ${first()}`,
      () => sql`UPDATE sms_status SET status = 'done', handed_over_at = NOW(3), owner = REPEAT('o', 8),
          lease_until = NOW(3), provider = 'operator-a' WHERE ${first()}`,
    ],
    [
      'quarantined',
      'a recipient is quarantined',
      () => sql`INSERT INTO sms_quarantine VALUES (${key()}, 1, 'no result', NOW(3))`,
      () => sql`DELETE FROM sms_quarantine`,
    ],
    [
      'holds',
      'a price of it is held',
      () => sql`INSERT INTO holds VALUES (${key()}, 1, 1, 60, NOW(3) + INTERVAL 1 HOUR)`,
      () => sql`DELETE FROM holds`,
    ],
    [
      'outbox',
      'a merged outbox row names it',
      () => sql`INSERT INTO outbox_events (id, lane, order_key, payload, recipients, created_at)
          VALUES (REPEAT('x', 16), 3, 1, ${merged()}, 1, NOW(3))`,
      () => sql`DELETE FROM outbox_events`,
    ],
    [
      'events',
      'an event of it has no number yet',
      () => sql`INSERT INTO event_queue VALUES (1, ${key()}, 1, 'message.sent', 1, NULL, NOW(3))`,
      () => sql`DELETE FROM event_queue`,
    ],
    [
      'events',
      'an event of it may still be sent',
      () => sql`INSERT INTO event_log VALUES (1, 1, ${key()}, 1, 'message.sent', 1, NULL, NOW(3), NOW(3))`,
      () => sql`DELETE FROM event_log`,
    ],
    [
      'fold',
      'the reports have not counted all of it',
      () => sql`INSERT INTO report_changes VALUES (${key()}, 'sent', 'delivered')`,
      () => sql`DELETE FROM report_changes`,
    ],
    [
      'fold',
      'the reports have not come to its end',
      () =>
        sql`UPDATE report_positions SET folded_until = ${identifierToBytes(lowestAt(weeks.mondayMs + WEEK_MS - 1))}`,
      () =>
        sql`UPDATE report_positions SET folded_until = ${identifierToBytes(lowestAt(weeks.mondayMs + 2 * WEEK_MS))}`,
    ],
    [
      'rollups',
      'the reports say something else of it',
      () => sql`UPDATE report_days SET charged = charged + 1 WHERE user_id = 0 AND result = 'sent'`,
      () => sql`UPDATE report_days SET charged = charged - 1 WHERE user_id = 0 AND result = 'sent'`,
    ],
    [
      'audit',
      'a rule of the audit is violated in it',
      () => sql`UPDATE sms_status SET price = price + 1 WHERE ${first()}`,
      () => sql`UPDATE sms_status SET price = price - 1 WHERE ${first()}`,
    ],
  ]
  for (const [reason, what, plant, undo] of guards)
    it(`stays while ${what}`, async () => {
      await look(weeks.db, plant())
      const { context, held, removed } = openRemoval(weeks, dueMs)
      await runRounds(context)
      assert.deepEqual(held, [reason])
      assert.deepEqual(removed, [])
      assert.deepEqual(await partitionsOf(weeks.db, 'sms_status'), partitions)
      await look(weeks.db, undo())
    })

  it('goes only when what held it is gone, also between its examination and its end', async () => {
    const { context, held, removed } = openRemoval(weeks, dueMs, { settledMs: Infinity })
    await runRounds(context)
    assert.deepEqual([held, removed], [[], []], 'it is sealed, and rests')
    await look(weeks.db, sql`INSERT INTO sms_quarantine VALUES (${key()}, 1, 'no result', NOW(3))`)
    const later = openRemoval(weeks, dueMs)
    await runRounds(later.context)
    assert.deepEqual(later.held, ['quarantined'])
    await look(weeks.db, sql`DELETE FROM sms_quarantine`)
  })

  it('stays while its ledger has other sums than those that are to be kept', async () => {
    // As if its messages had gone.
    await look(
      weeks.db,
      sql`INSERT INTO removed_weeks (kind, below, state, changed_at)
        SELECT 'messages', UNHEX(RPAD(LPAD(HEX(${weeks.mondayMs + WEEK_MS}), 12, '0'), 32, '0')), 'dropped', NOW(3)`,
    )
    await look(
      weeks.db,
      sql`INSERT INTO removed_weeks (kind, below, state, entries, changed_at)
        SELECT 'ledger', below, 'checking', 1, NOW(3) FROM removed_weeks ORDER BY below DESC LIMIT 1`,
    )
    const { context, held } = openRemoval(weeks, dueMs, { kept: { ledgerMs: KEPT_MS } })
    await runRounds(context)
    assert.deepEqual(held, ['sums'])
    assert.equal((await partitionsOf(weeks.db, 'user_transactions')).length, partitions.length)
    await look(weeks.db, sql`DELETE FROM removed_ledger`)
  })

  it('waits for an old read view, blocks others for a second only, and goes afterwards', async () => {
    const { context, held, removed } = openRemoval(weeks, dueMs)
    let longestMs = 0
    await transact(
      weeks.db,
      'test.backup',
      async (tx) => {
        await sql`SELECT COUNT(*) FROM sms_requests`.execute(tx)
        let isOver = false
        const removal = runRounds(context).finally(() => (isOver = true))
        while (!isOver) {
          const startedAtMs = performance.now()
          await fundAt(weeks.db, 1, weeks.mondayMs + 8 * DAY_MS)
          await look(weeks.db, sql`SELECT 1 FROM sms_requests LIMIT 1`)
          longestMs = Math.max(longestMs, performance.now() - startedAtMs)
        }
        await removal
      },
      { timeoutMs: 60_000 },
    )
    console.log(`      the longest statement beside the blocked drop took ${Math.round(longestMs)} ms`)
    assert.deepEqual([held, removed], [['locked'], []])
    await runRounds(context)
    assert.equal(removed.length, 1)
  })
})
