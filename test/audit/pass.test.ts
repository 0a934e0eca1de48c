import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { decodeReading } from '../../src/audit/ledgerReading.ts'
import { openPass } from '../../src/audit/pass.ts'
import type { Cursor } from '../../src/audit/pass.ts'
import { fund, look, offer, sendOne } from '../support/arrange.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { runPass } from './runPass.ts'
import type { Result } from './runPass.ts'
import { appendRow, arrangeVariedTables, at, bytes, keepKey } from './variedTables.ts'

describe('a pass of the audit', () => {
  let stack: Stack
  before(async () => (stack = await freshStack()))
  after(() => stack.drop())

  describe('over tables with violations of every kind', () => {
    let whole: Result
    before(async () => {
      const { ended, express, ready, merged } = await arrangeVariedTables(stack.db)
      for (const userId of [5, 8]) await fund(stack.db, userId, 100)
      for (const plant of [
        sql`UPDATE user_balances SET balance = balance + 1 WHERE user_id = 5`,
        sql`UPDATE user_balances SET user_id = 7 WHERE user_id = 8`,
        sql`UPDATE sms_status SET price = 9 WHERE ${at(express, 1)}`,
        sql`UPDATE sms_status SET provider = '' WHERE ${at(ended, 1)}`,
        sql`UPDATE sms_status SET user_id = 3, unconfirmed = 2 WHERE ${at(ended, 2)}`,
        sql`UPDATE user_transactions SET recipient_no = 9 WHERE transaction_id = ${bytes(ended)}
          AND transaction_type = 'refund'`,
        sql`DELETE FROM outbox_events WHERE sms_identifier = ${bytes(ready)}`,
        sql`UPDATE outbox_events SET order_key = order_key * 2, lane = 1 WHERE user_id IS NULL`,
        sql`UPDATE sms_quarantine SET recipient_no = 7`,
        sql`UPDATE idempotency_keys SET identifier = REPEAT('x', 16) WHERE user_id = 3`,
        sql`UPDATE outbox_events SET payload = 'nonsense' WHERE user_id = 3 LIMIT 1`,
        sql`UPDATE sms_status SET status = 'sending', owner = NULL WHERE ${at(merged[0], 1)}`,
      ])
        await look(stack.db, plant)
      whole = await runPass(openPass(stack.db), 1_000)
    })

    it('finds violations of every rule', () => {
      const rules = new Set(whole.violations.map((violation) => violation.split(':')[0]))
      assert.deepEqual(
        [...rules].sort(),
        // prettier-ignore
        ['attempts', 'balance', 'chain', 'charge', 'customer', 'dangling', 'due', 'key', 'lane', 'outbox',
          'quarantine', 'refund', 'state'],
        whole.violations.join('\n'),
      )
    })

    for (const rowsMax of [1, 2, 3, 7]) {
      it(`finds and counts the same in pages of ${rowsMax}`, async () => {
        const { rows, violations, steps } = await runPass(openPass(stack.db), rowsMax)
        assert.deepEqual(violations.toSorted(), whole.violations.toSorted())
        assert.deepEqual(rows, whole.rows)
        assert.ok(steps > whole.steps)
      })
    }

    it('misses none when it goes on from any cursor, with what it remembers', async () => {
      const { steps } = await runPass(openPass(stack.db), 4)
      for (let stop = 1; stop < steps; stop++) {
        const first = openPass(stack.db)
        const before = await runPass(first, 4, stop)
        // As the checkpoint keeps it: text.
        const cursor = JSON.parse(JSON.stringify(first.cursor())) as Cursor
        const after = await runPass(openPass(stack.db, { from: cursor, state: first.state()?.() }), 4)
        const found = new Set([...before.violations, ...after.violations])
        assert.deepEqual([...found].sort(), [...new Set(whole.violations)].sort(), JSON.stringify(cursor))
        for (const [scan, count] of Object.entries(whole.rows))
          assert.ok((before.rows[scan] ?? 0) + (after.rows[scan] ?? 0) >= count, scan)
      }
    })

    it('begins anew from a cursor or a memory that this program does not know', async () => {
      const { violations } = await runPass(
        openPass(stack.db, { from: { scan: 'of a newer program', after: 'x' } }),
        1_000,
      )
      assert.deepEqual(violations, whole.violations)
      assert.equal(decodeReading(Buffer.from('{"version":99}\n')), undefined)
      assert.equal(decodeReading(Buffer.from('no memory at all')), undefined)
    })
  })

  it('goes on in the middle of the ledger and reads no row of it again', async () => {
    await emptyTables(stack.db)
    for (const userId of [1, 2, 3]) await fund(stack.db, userId, 100)
    const first = openPass(stack.db)
    const before = await runPass(first, 2, 3)
    assert.deepEqual(before.rows, { ledger: 2 }, 'two pages of balances, and a page of rows')
    const after = await runPass(openPass(stack.db, { from: first.cursor(), state: first.state()?.() }), 2)
    assert.deepEqual([after.rows['ledger'], after.violations], [1, []])
  })

  it('ends though each table grows as fast as it is read', async () => {
    await emptyTables(stack.db)
    await fund(stack.db, 1, 10_000)
    const pass = openPass(stack.db)
    let steps = 0
    for (; !pass.isOver() && steps < 400; steps++) {
      await offer(stack.db, { userId: 1, to: 1 }, { userId: 1, to: 1 })
      for (const half of ['a', 'b'])
        await keepKey(stack.db, {
          userId: 1,
          route: 'messages/bulk',
          key: `${String(steps).padStart(3, '0')}${half}`,
        })
      const { violations } = await pass.step(2)
      assert.deepEqual(violations, [])
    }
    assert.ok(pass.isOver(), `not over after ${steps} steps`)
  })

  describe('beside recipients that move between outbox rows', () => {
    let identifier: string
    beforeEach(async () => {
      await emptyTables(stack.db)
      await fund(stack.db, 1, 100)
      identifier = await sendOne(stack.db, { userId: 1, to: 1 })
    })
    const range = () => ({ smsIdentifier: identifier, first: 1, last: 1, userId: 1 })
    const other = { smsIdentifier: '01a1fdd7-ed8e-7260-96e0-d7fe1f915137', first: 1, last: 1, userId: 1 }
    const WAITING = { condition: 'waiting', until: { afterMs: 1_000 } } as const
    const removeRows = () => look(stack.db, sql`DELETE FROM outbox_events`)

    it('gives no false alarm when a merged row has become an own one meanwhile', async () => {
      await removeRows()
      await appendRow(stack.db, [range(), other], WAITING)
      const pass = openPass(stack.db, { from: { scan: 'messages', after: '' } })
      await pass.step(100)
      await removeRows()
      await appendRow(stack.db, [range()], WAITING)
      assert.deepEqual((await pass.step(100)).violations, [])
    })

    it('gives no false alarm when the own row was merged again behind the last piece', async () => {
      await removeRows()
      await appendRow(stack.db, [range(), other], WAITING)
      const pass = openPass(stack.db, { from: { scan: 'messages', after: '' } })
      await pass.step(100)
      await removeRows()
      await appendRow(stack.db, [range(), other], WAITING)
      assert.deepEqual((await pass.step(100)).violations, [])
    })

    it('finds the recipient that no row has in the end', async () => {
      await removeRows()
      const pass = openPass(stack.db, { from: { scan: 'messages', after: '' } })
      await pass.step(100)
      const { violations } = await pass.step(100)
      assert.deepEqual(
        violations.map(({ rule, subject }) => `${rule}: ${subject}`),
        [`outbox: message ${identifier}, recipient 1`],
      )
    })
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

    /** Rows that the server reads for some work. Nothing else uses it. */
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
      const pass = openPass(stack.db, { from: { scan: 'messages', after: keyBelow(last) } })
      const reads = await countReads(async () => {
        const { rows, violations } = await pass.step(100)
        assert.deepEqual([rows, violations], [3, []])
        assert.equal(pass.cursor()?.scan, 'outbox', 'their own rows were found at once')
      })
      assert.ok(reads < WAITING / 4, `${reads} rows were read`)
    })
  })

  function keyBelow(identifier: string): string {
    const number = BigInt(`0x${identifier.replaceAll('-', '')}`) - 1n
    return number.toString(16).padStart(32, '0')
  }
})
