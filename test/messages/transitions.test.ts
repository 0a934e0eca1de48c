import assert from 'node:assert/strict'
import { sql } from 'kysely'
import {
  lockRecipients,
  markDone,
  markFailed,
  markSending,
  release,
  renewSending,
  toRanges,
} from '../../src/messages/index.ts'
import type { Recipient } from '../../src/messages/index.ts'
import { hasUnfinished, inRanges } from '../../src/messages/recipients.ts'
import type { KeyRange } from '../../src/messages/recipients.ts'
import { readTexts } from '../../src/messages/readTexts.ts'
import { read, transact } from '../../src/platform/db/index.ts'
import type { Db, Tx } from '../../src/platform/db/index.ts'
import { fund, look, newIdOf, offer, sendOne } from '../support/arrange.ts'
import { countReads } from '../support/countReads.ts'
import { explain } from '../support/explain.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

/** Others' recipients in the same table: a statement that reads past its own would count them. */
const OTHERS = 20_000
/** What one row may cost in reads: by key, and from and to the temporary tables of an UPDATE that comes from a list. */
const READS_PER_ROW_MAX = 6
const OWNER = 'abcdef0123456789'

interface Written {
  id: Buffer
  no: number
  status: string
  provider: string
  handed_over: number
}

describe('the statements of a batch of recipients', () => {
  let stack: Stack
  let db: Db
  let singles: string[]
  before(async () => {
    stack = await freshStack()
    db = stack.db
    await fund(db, 1, 1_000_000)
    await sendOne(db, { userId: 1, to: OTHERS / 2 })
    singles = Array.from({ length: 2_000 }, () => newIdOf(db)())
    await offer(db, ...singles.map((smsIdentifier) => ({ userId: 1, to: 1, smsIdentifier })))
    await sendOne(db, { userId: 1, to: OTHERS / 2 })
    await look(db, sql`ANALYZE TABLE sms_status, sms_requests`)
  })
  after(() => stack.drop())
  afterEach(() =>
    look(
      db,
      sql`UPDATE sms_status SET status = 'pending', owner = NULL, lease_until = NULL, provider = '',
        handed_over_at = NULL, failure_reason = NULL, retrying_since = NULL, possibly_sent = FALSE WHERE status <> 'pending'`,
    ),
  )

  const single = (smsIdentifier: string): KeyRange => ({ smsIdentifier, first: 1, last: 1 })
  const claim = (tx: Tx, rows: Recipient[]) => markSending(tx, rows, { owner: OWNER, leaseSeconds: 10 })
  const take = (tx: Tx, rows: Recipient[]) => markDone(tx, rows, { provider: 'operator_a' })
  const fail = (tx: Tx, rows: Recipient[], possiblySent = false) =>
    markFailed(
      tx,
      rows.map((row) => ({ row, provider: '', reason: `number ${row.smsIdentifier}`, possiblySent })),
    )
  const sendingOf = (rows: Recipient[]) => rows.map((row) => ({ ...row, status: 'sending' as const }))

  for (const count of [1, 2, 100, 2_000]) {
    describe(`of ${count} single recipients`, () => {
      const ranges = () => singles.slice(0, count).map(single)

      it('are planned as look-ups in the primary key, without sorting', async () => {
        const where = inRanges(ranges())
        for (const statement of [
          sql`SELECT * FROM sms_status FORCE INDEX (PRIMARY) WHERE ${where}
            ORDER BY sms_identifier, recipient_no FOR UPDATE`,
          sql`UPDATE sms_status FORCE INDEX (PRIMARY) SET status = 'sending' WHERE ${where}`,
        ]) {
          const [plan] = await explain(db, statement)
          assert.equal(plan?.key, 'PRIMARY')
          assert.ok(plan.type === 'range' || (count === 1 && plan.type === 'const'), plan.type)
          assert.ok(plan.rows <= count)
          assert.doesNotMatch(plan.Extra ?? '', /filesort|temporary/i)
        }
      })

      it('read no more than their own rows', async () => {
        await transact(db, 'test.reads', async (tx) => {
          let rows: Recipient[] = []
          const steps: [string, () => Promise<unknown>][] = [
            ['lock', async () => (rows = await lockRecipients(tx, ranges()))],
            ['claim', () => claim(tx, rows)],
            [
              'release',
              () => release(tx, sendingOf(rows), { tried: true, possiblySent: false, unconfirmed: 0 }),
            ],
            ['claim again', () => claim(tx, rows)],
            ['done', () => take(tx, sendingOf(rows))],
            ['look for open ones', () => hasUnfinished(tx, ranges())],
            ['read texts', () => readTexts(tx, singles.slice(0, count), 86_400_000)],
          ]
          for (const [step, work] of steps) {
            const reads = await countReads(tx, work)
            assert.ok(reads <= READS_PER_ROW_MAX * count + 50, `${step} read ${reads}`)
          }
          assert.equal(rows.length, count)
        })
      })

      it('change exactly their own rows, each by what belongs to it', async () => {
        await transact(db, 'test.move', async (tx) => {
          const rows = await lockRecipients(tx, ranges())
          assert.deepEqual(
            rows.map(({ smsIdentifier }) => smsIdentifier),
            singles.slice(0, count),
          )
          await claim(tx, rows)
          await take(tx, sendingOf(rows).reverse())
        })
        const written = await look(
          db,
          sql<Written>`SELECT sms_identifier AS id, recipient_no AS no, status, provider, handed_over_at IS NOT NULL AS handed_over
            FROM sms_status WHERE status <> 'pending' ORDER BY sms_identifier`,
        )
        assert.deepEqual(
          written.map(({ id, ...row }) => ({ id: id.toString('hex'), ...row })),
          singles.slice(0, count).map((id) => ({
            id: id.replaceAll('-', ''),
            no: 1,
            status: 'done',
            provider: 'operator_a',
            handed_over: 1,
          })),
        )
      })
    })
  }

  it('lock and move any mixture of short and long ranges, and nothing beside them', async () => {
    const [smsIdentifier] = (
      await look(db, sql<{ id: Buffer }>`SELECT MIN(sms_identifier) AS id FROM sms_requests`)
    ).map(({ id }) => id.toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5'))
    assert.ok(smsIdentifier)
    const ranges = [
      { smsIdentifier, first: 1, last: 1 },
      { smsIdentifier, first: 3, last: 11 },
      { smsIdentifier, first: 21, last: 30 },
      { smsIdentifier, first: 101, last: 200 },
      single(singles[7] ?? ''),
    ]
    for (const part of [ranges, ranges.slice(2, 3), ranges.slice(0, 1), [...ranges].reverse()]) {
      await transact(db, 'test.mixture', async (tx) => {
        const rows = await lockRecipients(tx, part)
        assert.deepEqual(toRanges(rows), toRanges(part.flatMap(spread)))
        await claim(tx, rows)
        await fail(tx, sendingOf(rows), true)
      })
      const moved = await look(
        db,
        sql<{ n: number }>`SELECT COUNT(*) AS n FROM sms_status WHERE possibly_sent`,
      )
      assert.equal(moved[0]?.n, part.flatMap(spread).length)
      await look(db, sql`UPDATE sms_status SET status = 'pending', possibly_sent = FALSE WHERE possibly_sent`)
    }
  })

  it('cut a reason of failure that is longer than its column', async () => {
    const rows = await transact(db, 'test.reason', async (tx) => {
      const rows = await lockRecipients(tx, singles.slice(0, 2).map(single))
      await claim(tx, rows)
      await markFailed(
        tx,
        sendingOf(rows).map((row) => ({
          row,
          provider: 'a',
          reason: `it's "no" \\ ${'x'.repeat(900)}`,
          possiblySent: false,
        })),
      )
      return rows
    })
    const written = await look(
      db,
      sql<{ reason: string }>`SELECT failure_reason AS reason FROM sms_status WHERE status = 'failed'`,
    )
    assert.equal(written.length, rows.length)
    for (const { reason } of written) {
      assert.equal(reason.length, 255)
      assert.match(reason, /^it's "no" \\ x+$/)
    }
  })

  it('count each claim as an attempt, and each submission as unconfirmed until its result is stored', async () => {
    const counts = () =>
      look(
        db,
        sql<{ attempts: number; unconfirmed: number }>`
          SELECT attempts, unconfirmed FROM sms_status WHERE sms_identifier = UNHEX(${(singles[0] ?? '').replaceAll('-', '')})`,
      )
    const ranges = [single(singles[0] ?? '')]
    const owner = { owner: OWNER, leaseSeconds: 10, marks: true, counts: true }
    const [before] = await counts()
    assert.ok(before)
    await transact(db, 'test.count', async (tx) => {
      await claim(tx, await lockRecipients(tx, ranges))
      await renewSending(tx, await lockRecipients(tx, ranges), owner)
    })
    assert.deepEqual(await counts(), [{ attempts: before.attempts + 1, unconfirmed: before.unconfirmed + 2 }])
    await transact(db, 'test.count', async (tx) =>
      release(tx, await lockRecipients(tx, ranges), { tried: true, possiblySent: true, unconfirmed: 1 }),
    )
    assert.deepEqual(await counts(), [{ attempts: before.attempts + 1, unconfirmed: 1 }])
  })

  it('wait for no recipient of others, however many there are', async () => {
    const [beyond = '', ...batch] = singles
    await transact(db, 'test.hold', async (holder) => {
      await lockRecipients(holder, [single(beyond)])
      await transact(
        db,
        'test.batch',
        async (tx) => {
          const rows = await lockRecipients(tx, batch.map(single))
          await claim(tx, rows)
          await take(tx, sendingOf(rows))
        },
        { triesMax: 1 },
      )
    })
    const open = await read(db, 'test.open', (reader) => hasUnfinished(reader as Tx, batch.map(single)))
    assert.equal(open, false)
  })
})

function spread({ smsIdentifier, first, last }: KeyRange) {
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    smsIdentifier,
    recipientNo: first + index,
  }))
}
