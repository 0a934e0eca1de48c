import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { BEFORE_ROWS_MAX, countBefore } from '../../src/outbox/countAhead.ts'
import type { WaitingRow } from '../../src/outbox/index.ts'
import { read } from '../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../src/primitives/identifier.ts'
import { look } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { appendRow } from './rows.ts'

describe('the recipients before rows of a lane', () => {
  let stack: Stack
  beforeEach(async () => void (stack = await freshStack()))
  afterEach(() => stack.drop())

  /** As many rows of one recipient, with the tags from 1,000 on. */
  const fill = (count: number) =>
    look(
      stack.db,
      sql`INSERT INTO outbox_events (id, lane, order_key, user_id, sms_identifier, payload, recipients, created_at)
        WITH digits AS (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
            UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9),
          numbers AS (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS no FROM digits a, digits b, digits c, digits e)
        SELECT UNHEX(LPAD(HEX(no + 1), 32, '0')), lane, 1000 + no, user_id, sms_identifier, payload, 1, NOW(3)
        FROM outbox_events, numbers WHERE order_key = 500 AND no < ${count}`,
    )
  const rowWith = async (tag: number): Promise<WaitingRow> => {
    const [row] = await look(
      stack.db,
      sql<{ id: Buffer }>`SELECT id FROM outbox_events WHERE order_key = ${tag}`,
    )
    assert.ok(row)
    return {
      ...{ id: row.id, key: tag, condition: 'ready', until: null, scheduledBy: null, lastError: null },
      ...{ first: 1, last: 1 },
    }
  }
  const before = async (...tags: number[]) => {
    const rows = await Promise.all(tags.map(rowWith))
    const counted = await read(stack.db, 'test.count', (reader) => countBefore(reader, 'normal', rows))
    return rows.map(({ id }) => counted.get(identifierFromBytes(id)))
  }

  it('are a lower bound for the rows alone that have more before them than is counted', async () => {
    await appendRow(stack.db, { condition: 'ready', tag: 500 }, { recipients: 3 })
    await fill(BEFORE_ROWS_MAX)
    await appendRow(stack.db, { condition: 'ready', tag: 90_000 })
    assert.deepEqual(await before(500, 1_000, 1_700, 90_000), [
      { recipients: 0, isLeast: false },
      { recipients: 3, isLeast: false },
      { recipients: 703, isLeast: false },
      { recipients: BEFORE_ROWS_MAX + 2, isLeast: true },
    ])
  })
})
