import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { closeDb, transact } from '../../src/platform/db/index.ts'
import type { Db, Tx } from '../../src/platform/db/index.ts'
import { Unavailable } from '../../src/primitives/unavailable.ts'
import { foldOnce } from '../../src/reports/index.ts'
import { fund, look, sendOne } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { HOLD_TIMEOUT_MS, holdRows, mayStayIdle, setLockWait } from '../support/lockWaits.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { openInThePast } from '../support/inThePast.ts'
import { assertExact, foldAll, readRollup } from './recount.ts'
import { allOf, settle, settleIn } from './settle.ts'

const HOUR_SECONDS = 3_600
const HOUR_MS = 3_600_000

interface Session {
  id: number
  info: string
}

/** Everything here happens to messages of one hour ago, and each transaction is stopped where it matters. */
describe('the fold beside other transactions', () => {
  let stack: Stack
  let db: Db
  let past: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    setLockWait(db)
    past = await openInThePast(stack.databaseUrl, HOUR_SECONDS)
    await fund(db, 1, 1_000_000)
    // A change that waits: by its row a fold is stopped when it has read everything and has written nothing.
    const earlier = await openInThePast(stack.databaseUrl, 2 * HOUR_SECONDS)
    const first = await sendOne(earlier, { userId: 1, to: 1 })
    await closeDb(earlier)
    await foldAll(db, { countedAfterMs: 1.5 * HOUR_MS })
    await settle(db, allOf(first, 1), 'done')
  })
  afterEach(async () => {
    await closeDb(past)
    await stack.drop()
  })

  const holding = (operation: string, work: (tx: Tx) => Promise<void>) =>
    transact(db, operation, (tx) => mayStayIdle(tx).then(() => work(tx)), { timeoutMs: HOLD_TIMEOUT_MS })

  /** The one session that waits for a lock with a statement like this. */
  async function untilWaiting(statement: RegExp): Promise<Session> {
    let found: Session | undefined
    await eventually(`a session waits: ${statement}`, async () => {
      const rows = await look(
        db,
        sql<Session>`SELECT id, info FROM information_schema.processlist
          WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info IS NOT NULL`,
      )
      const before = found
      found = rows.find(({ info }) => statement.test(info))
      return found !== undefined && before?.id === found.id
    })
    if (!found) throw new Error('none waits')
    return found
  }

  /** A fold that has read its messages and waits to write. `goOn` resolves when it has committed. */
  async function stopFold() {
    const free = await holdRows(db, sql`SELECT 1 FROM report_changes`)
    const folding = foldOnce(db)
    // A rejection is looked at where the fold is awaited.
    folding.catch(() => {})
    const { id } = await untilWaiting(/^DELETE FROM report_changes/)
    return { id, free, folding, goOn: () => free().then(() => folding) }
  }

  it('waits for a settlement that was first, and counts its result', async () => {
    const message = await sendOne(past, { userId: 1, to: 2 })
    const settled = Promise.withResolvers<void>()
    const over = Promise.withResolvers<void>()
    const settling = holding('test.settle', async (tx) => {
      await settleIn(tx, allOf(message, 2), 'done')
      settled.resolve()
      await over.promise
    })
    await settled.promise
    const folding = foldOnce(db)
    await untilWaiting(/LOCK IN SHARE MODE/)
    over.resolve()
    await settling
    assert.deepEqual(await folding, { kind: 'folded', recipients: 2, changes: 1, isFull: false })
    await assertExact(db)
  })

  for (const ending of ['done', 'failed', 'cancelled'] as const)
    it(`lets a settlement as ${ending} wait that was second, and counts it again`, async () => {
      const message = await sendOne(past, { userId: 1, to: 2 })
      const { goOn } = await stopFold()
      const settling = settle(db, allOf(message, 2), ending)
      await untilWaiting(/FROM sms_status.*FOR UPDATE/s)
      assert.deepEqual(await goOn(), { kind: 'folded', recipients: 2, changes: 1, isFull: false })
      await settling
      assert.deepEqual(await foldAll(db), { recipients: 0, changes: 2 })
      await assertExact(db)
    })

  it('counts a receipt that came while it wrote', async () => {
    const message = await sendOne(past, { userId: 1, to: 2 })
    await settle(db, allOf(message, 2), 'done')
    const { goOn } = await stopFold()
    const settling = settle(db, allOf(message, 2), 'delivered')
    await untilWaiting(/FROM sms_status.*FOR UPDATE/s)
    await goOn()
    await settling
    assert.deepEqual(await foldAll(db), { recipients: 0, changes: 2 })
    await assertExact(db)
  })

  it('leaves a change that came after it had read the changes to the next one', async () => {
    const message = await sendOne(past, { userId: 1, to: 2 })
    await foldOnce(db, { changesMax: 0 })
    await settle(db, allOf(message, 2), 'done')
    const { goOn } = await stopFold()
    await settle(db, allOf(message, 2), 'delivered')
    assert.deepEqual(await goOn(), { kind: 'folded', recipients: 0, changes: 3, isFull: false })
    assert.deepEqual(await foldAll(db), { recipients: 0, changes: 2 })
    await assertExact(db)
  })

  it('waits for a message that is written and not committed', async () => {
    const written = Promise.withResolvers<void>()
    const over = Promise.withResolvers<void>()
    const message = await sendOne(past, { userId: 1, to: 2 })
    await look(
      db,
      sql`DELETE FROM sms_status WHERE sms_identifier = ${Buffer.from(message.replaceAll('-', ''), 'hex')}`,
    )
    const accepting = holding('test.accept', async (tx) => {
      await sql`INSERT INTO sms_status (sms_identifier, recipient_no, user_id, recipient, status, price, created_at,
        updated_at) VALUES (UNHEX(${message.replaceAll('-', '')}), 1, 1, '+989121234567', 'pending', 1, NOW(3), NOW(3))`.execute(
        tx,
      )
      written.resolve()
      await over.promise
    })
    await written.promise
    const folding = foldOnce(db)
    await untilWaiting(/LOCK IN SHARE MODE/)
    over.resolve()
    await accepting
    assert.deepEqual(await folding, { kind: 'folded', recipients: 1, changes: 1, isFull: false })
    await assertExact(db)
  })

  it('is done by one process at a time', async () => {
    await sendOne(past, { userId: 1, to: 2 })
    const { goOn } = await stopFold()
    assert.deepEqual(await foldOnce(db), { kind: 'locked' })
    await goOn()
    await Promise.all([1, 2, 3].map(() => foldOnce(db)))
    await assertExact(db)
  })

  it('counts nothing twice when it is killed before it commits', async () => {
    const before = await readRollup(db)
    const message = await sendOne(past, { userId: 1, to: 2 })
    const { id, free, folding } = await stopFold()
    await look(db, sql`KILL ${sql.lit(id)}`)
    await assert.rejects(folding, Unavailable)
    await free()
    assert.deepEqual(await readRollup(db), before)
    await settle(db, allOf(message, 2), 'failed')
    assert.deepEqual(await foldAll(db), { recipients: 2, changes: 1 })
    await assertExact(db)
  })
})
