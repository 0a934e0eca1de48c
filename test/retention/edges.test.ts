import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { applyReceipts } from '../../src/delivery/receipts/applyReceipts.ts'
import { readBalance } from '../../src/ledger/index.ts'
import { listMessages, readHistory, readMessage } from '../../src/messages/index.ts'
import { read, transact } from '../../src/platform/db/index.ts'
import { identifierToBytes, lowestAt } from '../../src/primitives/identifier.ts'
import { Problem } from '../../src/primitives/problem.ts'
import { readTotals } from '../../src/reports/index.ts'
import { runRound } from '../../src/retention/round.ts'
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
  identifierAt,
  openRemoval,
  openWeeks,
  partitionsOf,
  renewTables,
  runRounds,
  sendAt,
} from './weeks.ts'
import type { Weeks } from './weeks.ts'

describe('the edge of what is kept', () => {
  let stack: Stack
  let weeks: Weeks
  let gone: string
  let kept: string
  let archive: string
  const endMs = () => weeks.mondayMs + WEEK_MS
  const beginsAt = () => new Date(endMs()).toISOString()

  before(async () => {
    stack = await freshStack()
    weeks = await openWeeks(stack)
    archive = await mkdtemp(join(process.cwd(), '.local', 'archive-'))
    await weeks.moveTo(endMs())
    await fundAt(weeks.db, 1, weeks.mondayMs + DAY_MS)
    gone = await sendAt(weeks.db, 1, weeks.mondayMs + 2 * DAY_MS)
    kept = await sendAt(weeks.db, 1, endMs() + DAY_MS)
    await foldAll(weeks.db)
  })
  after(async () => {
    weeks.close()
    await rm(archive, { recursive: true, force: true })
    await renewTables(stack)
    await stack.drop()
  })

  const dueMs = () => endMs() + KEPT_MS
  const archiving = (archiveFolder: string) =>
    openRemoval(weeks, dueMs, { kept: { messagesMs: KEPT_MS, ledgerMs: KEPT_MS }, archiveFolder })
  const stateOf = async (kind: string) =>
    (
      await look(
        weeks.db,
        sql<{ state: string }>`SELECT state FROM removed_weeks
          WHERE kind = ${kind} AND below = ${identifierToBytes(lowestAt(endMs()))}`,
      )
    )[0]?.state
  const totals = () => read(weeks.db, 'test', (reader) => readTotals(reader, { fromMs: 0, belowMs: endMs() }))

  it('is not reached by a receipt of a message whose week is sealed', async () => {
    const id = identifierAt(Date.now() - 40 * DAY_MS)
    await look(
      weeks.db,
      sql`INSERT INTO sms_status (sms_identifier, recipient_no, user_id, recipient, status, price, provider, created_at, updated_at)
        VALUES (${bytes(id)}, 1, 1, '0912', 'done', 0, 'operator-a', NOW(3), NOW(3))`,
    )
    await look(
      weeks.db,
      sql`INSERT INTO removed_weeks (kind, below, state, changed_at)
        VALUES ('messages', ${identifierToBytes(lowestAt(Date.now() - 39 * DAY_MS))}, 'sealed', NOW(3))`,
    )
    const receipt = { smsIdentifier: id, recipientNo: 1, operator: 'operator-a', reason: '', partNo: null }
    const apply = () =>
      transact(weeks.db, 'test', (tx) => applyReceipts(tx, [{ ...receipt, verdict: 'delivered' }]))
    assert.deepEqual((await apply()).states, ['unmatched'])
    await look(weeks.db, sql`DELETE FROM removed_weeks`)
    assert.deepEqual((await apply()).states, ['applied'], 'and before that it counts')
    await look(weeks.db, sql`DELETE FROM sms_status WHERE sms_identifier = ${bytes(id)}`)
    await look(weeks.db, sql`DELETE FROM report_changes`)
  })

  it('moves on only when the archive has what is to go, as it was written', async function () {
    this.timeout(120_000)
    const nowhere = openRemoval(weeks, dueMs, { archiveFolder: '/dev/null/nowhere' })
    await runRounds(nowhere.context)
    assert.deepEqual([nowhere.held.at(0), nowhere.removed], ['archive', []])
    const { context, held, removed, errors } = archiving(archive)
    while ((await stateOf('messages')) !== 'closing') {
      await runRound(context)
      assert.deepEqual(errors, [])
    }
    const before = await partitionsOf(weeks.db, 'sms_status')
    const path = join(archive, beginsAt().slice(0, 10), 'sms_status.parquet')
    const written = await readFile(path)
    await writeFile(path, written.subarray(1))
    await runRound(context)
    assert.ok(held.includes('archive'))
    assert.deepEqual(await partitionsOf(weeks.db, 'sms_status'), before)
    await writeFile(path, written)
    const expected = await totals()
    await runRounds(context)
    assert.equal(removed.length, 4, 'with the empty week before')
    assert.equal(await stateOf('ledger'), 'dropped')
    assert.deepEqual(await totals(), expected, 'and the reports say the same')
    assert.equal(expected.recipients, 2)
    assert.deepEqual((await audit(weeks.db)).violations, [])
  })

  it('is told by lists, by messages that are gone and by the ledger', async () => {
    const history = await readHistory(weeks.db, { userId: 1, limit: 10 })
    assert.deepEqual([history.items.length, history.beginsAt], [2, beginsAt()])
    const list = await listMessages(weeks.db, { userId: 1, limit: 10 })
    assert.deepEqual(
      [list.messages.map(({ smsIdentifier }) => smsIdentifier), list.beginsAt],
      [[kept], beginsAt()],
    )
    await assert.rejects(readMessage(weeks.db, { userId: 1, smsIdentifier: gone }), (error: unknown) => {
      assert.ok(error instanceof Problem)
      assert.deepEqual([error.status, error.code], [404, 'message_not_found'])
      assert.equal(error.message, `Messages of before ${beginsAt()} are removed.`)
      return true
    })
    assert.equal(
      await readMessage(weeks.db, { userId: 1, smsIdentifier: identifierAt(endMs() + DAY_MS) }),
      undefined,
    )
    const { balance, transactions, removed } = await readBalance(weeks.db, { userId: 1, limit: 10 })
    assert.deepEqual(removed, { beginsAt: beginsAt(), broughtForward: 999 })
    assert.equal(balance, 998)
    assert.equal(999 + transactions.reduce((sum, { amount }) => sum + amount, 0), balance)
  })

  it('takes receipts of messages that are gone without harm', async () => {
    const receipt = { smsIdentifier: gone, recipientNo: 1, operator: 'operator-a', reason: '', partNo: null }
    const { states } = await transact(weeks.db, 'test', (tx) =>
      applyReceipts(tx, [{ ...receipt, verdict: 'delivered' }]),
    )
    assert.deepEqual(states, ['unmatched'])
    assert.equal((await look(weeks.db, sql`SELECT 1 FROM receipts`)).length, 0)
  })

  for (const column of ['entries', 'topups', 'charges', 'refunds', 'chain_a', 'chain_b'])
    it(`is where the audit finds that ${column} of what is kept were changed`, async () => {
      const change = (by: number) =>
        look(
          weeks.db,
          sql`UPDATE removed_ledger SET ${sql.ref(column)} = ${sql.ref(column)} + ${by} WHERE user_id = 1`,
        )
      await change(1)
      const { counts } = await audit(weeks.db)
      await change(-1)
      assert.ok(counts.removed > 0)
      assert.deepEqual((await audit(weeks.db)).violations, [])
    })

  it('is where the audit finds that a refund was taken for a charge', async () => {
    const move = (by: number) =>
      look(weeks.db, sql`UPDATE removed_ledger SET charges = charges + ${by}, refunds = refunds - ${by}`)
    await move(1)
    const { violations } = await audit(weeks.db)
    await move(-1)
    assert.deepEqual(
      violations.map(({ rule, subject }) => `${rule}: ${subject}`),
      [`removed: ledger of the week before ${beginsAt().slice(0, 10)}`],
    )
  })
})
