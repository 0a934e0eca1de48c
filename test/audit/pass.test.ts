import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { openPass } from '../../src/audit/pass.ts'
import type { Pass, Place } from '../../src/audit/pass.ts'
import { claim } from '../../src/outbox/claim.ts'
import { fund, look, newIdOf, offer, sendOne } from '../support/arrange.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const ENVELOPES = 100

interface Result {
  rows: Record<string, number>
  violations: string[]
  steps: number
}

/** Lets a pass come to its end, or stops it after so many steps. */
async function run(pass: Pass, rowsMax: number, stepsMax = Infinity): Promise<Result> {
  const result: Result = { rows: {}, violations: [], steps: 0 }
  while (!pass.isOver() && result.steps < stepsMax) {
    const { walk, rows, violations } = await pass.step(rowsMax)
    result.rows[walk] = (result.rows[walk] ?? 0) + rows
    for (const { rule, subject } of violations) result.violations.push(`${rule}: ${subject}`)
    result.steps++
  }
  return result
}

describe('a pass of the audit', () => {
  let stack: Stack
  before(async () => (stack = await freshStack()))
  after(() => stack.drop())

  describe('over tables with violations of every kind', () => {
    let whole: Result
    before(async () => {
      await emptyTables(stack.db)
      for (const userId of [1, 2, 3, 5, 8]) await fund(stack.db, userId, 100)
      for (const userId of [1, 2, 3]) {
        await offer(stack.db, { userId, to: 3 }, { userId, to: 1 }, { userId, to: 2, type: 'express' })
      }
      // Those that are there now are merged, the later ones keep their own rows.
      await claim(stack.db, 'normal', ENVELOPES, newIdOf(stack.db))
      await offer(stack.db, { userId: 1, to: 2 }, { userId: 2, to: 2 })
      const stranded = await sendOne(stack.db, { userId: 3, to: 2 })
      for (const plant of [
        sql`UPDATE user_balances SET balance = balance + 1 WHERE user_id = 5`,
        sql`UPDATE user_balances SET user_id = 7 WHERE user_id = 8`,
        sql`UPDATE sms_requests SET price = 9 WHERE user_id = 1 AND recipients = 3`,
        sql`UPDATE sms_status SET status = 'done' WHERE user_id = 2 AND recipient_no = 3`,
        sql`UPDATE sms_status SET status = 'failed' WHERE user_id = 1 AND recipient_no = 3`,
        sql`DELETE FROM outbox_events WHERE user_id = 3 AND sms_identifier = UNHEX(REPLACE(${stranded}, '-', ''))`,
        sql`INSERT INTO outbox_events (id, event_type, priority, next_run_at, payload, recipients, created_at)
          VALUES (REPEAT('z', 16), 'sms.send', 99, '2100-01-01', 'nonsense', 2, NOW(3))`,
        sql`UPDATE user_transactions SET transaction_id = REPEAT('z', 16) WHERE user_id = 2 AND seq = 2`,
      ])
        await look(stack.db, plant)
      whole = await run(openPass(stack.db), 1_000)
    })

    it('finds them all', () => {
      const rules = new Set(whole.violations.map((violation) => violation.split(':')[0]))
      assert.deepEqual(
        [...rules].sort(),
        ['balance', 'chain', 'charge', 'dangling', 'outbox', 'refund', 'state'],
        whole.violations.join('\n'),
      )
      assert.equal(whole.violations.filter((each) => each.startsWith('outbox')).length, 2)
    })

    for (const rowsMax of [1, 2, 3, 7]) {
      it(`finds and counts the same in pages of ${rowsMax}`, async () => {
        const { rows, violations, steps } = await run(openPass(stack.db), rowsMax)
        assert.deepEqual(violations.toSorted(), whole.violations.toSorted())
        assert.deepEqual(rows, whole.rows)
        assert.ok(steps > whole.steps)
      })
    }

    it('misses none when it is taken up anew from any place at which it stood', async () => {
      const { steps } = await run(openPass(stack.db), 4)
      for (let stop = 1; stop < steps; stop++) {
        const first = openPass(stack.db)
        const before = await run(first, 4, stop)
        // As the checkpoint keeps it: text.
        const place = JSON.parse(JSON.stringify(first.place())) as Place
        const after = await run(openPass(stack.db, place), 4)
        const found = new Set([...before.violations, ...after.violations])
        assert.deepEqual([...found].sort(), [...new Set(whole.violations)].sort(), JSON.stringify(place))
        for (const [walk, count] of Object.entries(whole.rows))
          assert.ok((before.rows[walk] ?? 0) + (after.rows[walk] ?? 0) >= count, walk)
      }
    })

    it('begins anew from a place that this program does not know', async () => {
      const { violations } = await run(openPass(stack.db, { walk: 'of a newer program', after: 'x' }), 1_000)
      assert.deepEqual(violations, whole.violations)
    })
  })

  it('ends though each table grows as fast as it is read', async () => {
    await emptyTables(stack.db)
    await fund(stack.db, 1, 10_000)
    const pass = openPass(stack.db)
    let steps = 0
    for (; !pass.isOver() && steps < 400; steps++) {
      await offer(stack.db, { userId: 1, to: 1 }, { userId: 1, to: 1 })
      const { violations } = await pass.step(2)
      assert.deepEqual(violations, [])
    }
    assert.ok(pass.isOver(), `not over after ${steps} steps`)
  })

  describe('beside a backlog', () => {
    const WAITING = 3_000
    before(async () => {
      await emptyTables(stack.db)
      await fund(stack.db, 1, 1_000_000)
      await fund(stack.db, 2, 1_000_000)
      for (let sent = 0; sent < WAITING; sent += 500)
        await offer(stack.db, ...Array.from({ length: 500 }, () => ({ userId: 1, to: 1 })))
    })

    /** Rows that the server reads for some work. Nobody else is at work on it. */
    async function countReads(work: () => Promise<unknown>): Promise<number> {
      const readSoFar = async () => {
        const rows = await look(stack.db, sql<{ Value: string }>`SHOW GLOBAL STATUS LIKE 'Handler_read%'`)
        return rows.reduce((sum, { Value }) => sum + Number(Value), 0)
      }
      const before = await readSoFar()
      await work()
      return (await readSoFar()) - before
    }

    it('does not read all outbox rows for a page with unfinished recipients', async () => {
      const last = await sendOne(stack.db, { userId: 2, to: 3 })
      const place = { walk: 'recipients', after: beforeThe(last) }
      const pass = openPass(stack.db, place)
      const reads = await countReads(async () => {
        const { rows, violations } = await pass.step(100)
        assert.deepEqual([rows, violations], [3, []])
        assert.equal(pass.place()?.walk, 'money', 'their own rows were found at once')
      })
      assert.ok(reads < WAITING / 4, `${reads} rows were read`)
    })

    it('looks for the merged rows alone, and reads them once for all recipients that they name', async () => {
      await look(
        stack.db,
        sql`UPDATE outbox_events SET next_run_at = NOW(6) + INTERVAL 1 HOUR WHERE user_id = 1`,
      )
      await offer(stack.db, ...Array.from({ length: 20 }, () => ({ userId: 2, to: 2 })))
      const claimed = await claim(stack.db, 'normal', ENVELOPES, newIdOf(stack.db))
      assert.equal(claimed?.envelopes.length, 1)
      const first = claimed.envelopes[0]?.ranges.map(({ smsIdentifier }) => smsIdentifier).sort()[0] ?? ''
      const pass = openPass(stack.db, { walk: 'recipients', after: beforeThe(first) })
      while (pass.place()?.walk === 'recipients' && (await pass.step(10)).rows > 0);
      const reads = await countReads(async () => assert.deepEqual((await pass.step(10)).violations, []))
      assert.ok(reads < WAITING / 4, `${reads} rows were read`)
      assert.equal(pass.place()?.walk, 'money')
    })
  })

  function beforeThe(identifier: string): string {
    const bytes = BigInt(`0x${identifier.replaceAll('-', '')}`) - 1n
    return bytes.toString(16).padStart(32, '0')
  }
})
