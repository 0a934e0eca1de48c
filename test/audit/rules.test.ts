import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { RULES, audit } from '../../src/audit/index.ts'
import type { Rule } from '../../src/audit/index.ts'
import { look } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { EVENTS } from './planted/events.ts'
import { ATTEMPTS } from './planted/attempts.ts'
import { BULKS } from './planted/bulks.ts'
import { DEADLINES } from './planted/deadlines.ts'
import { DELIVERIES } from './planted/deliveries.ts'
import { HOLDS } from './planted/holds.ts'
import { KEYS } from './planted/keys.ts'
import { MONEY } from './planted/money.ts'
import { PARTS } from './planted/parts.ts'
import { OUTBOX_ROWS } from './planted/outboxRows.ts'
import { RECIPIENTS } from './planted/recipients.ts'
import { arrangeVariedTables } from './variedTables.ts'
import type { VariedTables } from './variedTables.ts'

const PLANTED = [
  ...MONEY,
  ...HOLDS,
  ...RECIPIENTS,
  ...OUTBOX_ROWS,
  ...BULKS,
  ...KEYS,
  ...ATTEMPTS,
  ...DELIVERIES,
  ...PARTS,
  ...EVENTS,
  ...DEADLINES,
]

describe('the rules of the audit', () => {
  let stack: Stack
  let tables: VariedTables
  before(async () => (stack = await freshStack()))
  after(() => stack.drop())
  beforeEach(async () => (tables = await arrangeVariedTables(stack.db)))

  it('find nothing in tables with messages in every state, and say what was examined', async () => {
    const { counts, ...report } = await audit(stack.db)
    assert.deepEqual(report, {
      ...{ violations: [], ledgerRows: 18, recipients: 18, outboxRows: 4, quarantined: 1 },
      possibleDuplicates: 2,
    })
    assert.deepEqual([...new Set(Object.values(counts))], [0])
  })

  for (const { what, plant, expected } of PLANTED) {
    it(`find ${what}`, async () => {
      const wanted = await nameRows(expected(tables))
      for (const statement of plant(tables)) await look(stack.db, statement)
      const { violations } = await audit(stack.db)
      const found = violations.map(({ rule, subject }) => `${rule}: ${subject}`)
      const explained = violations.map(({ subject, explanation }) => `${subject}: ${explanation}`).join('\n')
      assert.deepEqual(found.toSorted(), wanted.toSorted(), explained)
    })
  }

  /** Outbox rows are expected by what they reference: their own identifiers are random. */
  async function nameRows(expected: [Rule, string][]): Promise<string[]> {
    const rows = await look(
      stack.db,
      sql<{
        id: string
        message: string | null
      }>`SELECT INSERT(INSERT(INSERT(INSERT(LOWER(HEX(id)), 21, 0, '-'),
        17, 0, '-'), 13, 0, '-'), 9, 0, '-') AS id, LOWER(HEX(sms_identifier)) AS message FROM outbox_events`,
    )
    return expected.map(([rule, subject]) => {
      const [, message] = /^outbox row of (.+)$/.exec(subject) ?? []
      if (message === undefined) return `${rule}: ${subject}`
      const wanted = message === 'none' ? null : message.replaceAll('-', '')
      return `${rule}: outbox row ${rows.find((row) => row.message === wanted)?.id}`
    })
  }

  it('allow as many submissions without a result as a setting does', async () => {
    await look(stack.db, sql`UPDATE sms_status SET unconfirmed = 5 WHERE possible_duplicate`)
    assert.equal((await audit(stack.db)).counts.attempts, 2)
    const { counts } = await audit(stack.db, { limits: { submissionsMax: { normal: 5, express: 5 } } })
    assert.equal(counts.attempts, 0)
  })

  it('are each planted here', () => {
    const planted = new Set(PLANTED.flatMap(({ expected }) => expected(tables).map(([rule]) => rule)))
    // Those of rollups need messages that are old: reports.test.ts.
    assert.deepEqual([...planted, 'report'].sort(), Object.keys(RULES).sort())
  })
})
