import assert from 'node:assert/strict'
import { createConnection } from 'mysql2'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { readBalance } from '../../src/ledger/index.ts'
import { readHistory } from '../../src/messages/index.ts'
import { read } from '../../src/platform/db/index.ts'
import { runStatement } from '../../src/platform/db/session.ts'
import { readTotals } from '../../src/reports/index.ts'
import { look } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import {
  DAY_MS,
  WEEK_MS,
  foldAll,
  fundAt,
  openAt,
  openRemoval,
  openWeeks,
  partitionsOf,
  renewTables,
  runRounds,
  sendAt,
} from './weeks.ts'
import type { Weeks } from './weeks.ts'

const WEEKS = 52
/** Two weeks of the year are due at its end, and the empty one before it. */
const WEEKS_DUE = 2
/** Of messages and of the ledger. */
const REMOVALS = 2 * (WEEKS_DUE + 1)
const KEPT_MS = (WEEKS - WEEKS_DUE) * WEEK_MS
const WEEKS_PER_STEP = 13

/** Offers messages and reads, each begun when one ends, and measures them. */
function openLoad(weeks: Weeks, atMs: number) {
  let isOver = false
  const longestMs = { accept: 0, read: 0 }
  const count = { accept: 0, read: 0 }
  const measure = async (what: 'accept' | 'read', work: () => Promise<unknown>) => {
    while (!isOver) {
      const startedAtMs = performance.now()
      await work()
      longestMs[what] = Math.max(longestMs[what], performance.now() - startedAtMs)
      count[what]++
    }
  }
  const workers = [
    measure('accept', () => openAt(weeks.db, 1, atMs)),
    measure('accept', () => openAt(weeks.db, 2, atMs)),
    measure('read', () => look(weeks.db, sql`SELECT 1 FROM sms_status LIMIT 1`)),
    measure('read', () => look(weeks.db, sql`SELECT 1 FROM user_transactions LIMIT 1`)),
  ]
  const stop = async () => {
    isOver = true
    await Promise.all(workers)
    return { longestMs, count }
  }
  return { stop }
}

describe('a year of weeks', () => {
  let stack: Stack
  let weeks: Weeks
  const startOf = (week: number) => weeks.mondayMs + week * WEEK_MS

  before(async () => {
    stack = await freshStack()
    weeks = await openWeeks(stack)
  })
  after(async () => {
    weeks.close()
    await renewTables(stack)
    await stack.drop()
  })

  it('is split ahead and dropped behind, under load and beside an old read view', async function () {
    this.timeout(600_000)
    const { db } = weeks
    for (const userId of [1, 2]) await fundAt(db, userId, startOf(0) + DAY_MS, 1_000_000)
    for (let week = 0; week < WEEKS; week++) {
      if (week % WEEKS_PER_STEP === 0) assert.deepEqual(await weeks.moveTo(startOf(week)), [])
      await sendAt(db, 1 + (week % 2), startOf(week) + 2 * DAY_MS)
    }
    await foldAll(db, startOf(WEEKS))
    const expected = await read(db, 'test', (reader) =>
      readTotals(reader, { fromMs: 0, belowMs: startOf(WEEKS) }),
    )
    assert.equal(expected.recipients, WEEKS * 2)
    const removal = openRemoval(weeks, () => startOf(WEEKS), {
      kept: { messagesMs: KEPT_MS, ledgerMs: KEPT_MS },
    })
    const view = createConnection({ uri: weeks.databaseUrl })
    view.on('error', () => {})
    await runStatement(view, 'START TRANSACTION WITH CONSISTENT SNAPSHOT')
    const tables = ['sms_requests', 'sms_status', 'user_transactions', 'receipts']
    for (const table of tables) await runStatement(view, `SELECT COUNT(*) FROM ${table}`)
    const before = await partitionsOf(db, 'sms_status')

    const load = openLoad(weeks, startOf(WEEKS) + DAY_MS)
    const blocked = await weeks.moveTo(startOf(WEEKS))
    // The load may keep others for the second that is waited for each.
    const split = tables.filter((table) => !blocked.includes(table))
    assert.deepEqual(split, [], 'the view keeps the tables that it has read')
    await runRounds(removal.context)
    assert.equal(removal.held.at(-1), 'locked')
    assert.deepEqual(removal.removed, [])
    assert.deepEqual(await partitionsOf(db, 'sms_status'), before)
    view.destroy()
    const isSplit = async () => (await weeks.moveTo(startOf(WEEKS))).length === 0
    await eventually('every table is split', isSplit)
    await eventually('what is due is removed', async () => {
      await runRounds(removal.context)
      return removal.removed.length >= REMOVALS
    })
    const { longestMs, count } = await load.stop()

    console.log(
      `      beside ${count.accept} accepts and ${count.read} reads, the longest took ${Math.round(longestMs.accept)} ` +
        `and ${Math.round(longestMs.read)} ms`,
    )
    assert.equal(removal.removed.length, REMOVALS, removal.removed.join(', '))
    const partitions = await partitionsOf(db, 'sms_status')
    assert.equal(partitions.includes(before[0] ?? ''), false, 'the oldest are gone')
    assert.ok(partitions.length > before.length - WEEKS_DUE - 1, 'and new ones are there')
    await foldAll(db)
    assert.deepEqual((await audit(db)).violations, [])

    const beginsAt = new Date(startOf(WEEKS_DUE)).toISOString()
    const firstDays = { fromMs: 0, belowMs: startOf(WEEKS) }
    assert.deepEqual(await read(db, 'test', (reader) => readTotals(reader, firstDays)), expected)
    const open = count.accept
    const items = await allOf(db)
    assert.equal(items.count, WEEKS - WEEKS_DUE + items.open)
    assert.equal(items.beginsAt, beginsAt)
    assert.ok(open > 0)
    let sum = 0
    let cursor: { seq: number } | undefined
    for (;;) {
      const page = await readBalance(db, { userId: 1, limit: 100, cursor })
      sum += page.transactions.reduce((total, { amount }) => total + amount, 0)
      if (page.nextCursor) cursor = page.nextCursor
      else {
        assert.equal(page.removed?.beginsAt, beginsAt)
        assert.equal(sum + (page.removed?.broughtForward ?? 0), page.balance)
        break
      }
    }
  })

  /** The whole history of customer 1, page by page. */
  async function allOf(db: Weeks['db']) {
    let count = 0
    let open = 0
    let cursor: { smsIdentifier: string; recipientNo: number } | undefined
    for (;;) {
      const page = await readHistory(db, { userId: 1, limit: 500, ...(cursor ? { cursor } : {}) })
      count += page.items.length
      open += page.items.filter(({ status }) => status === 'pending').length
      if (!page.nextCursor) return { count, open, beginsAt: page.beginsAt }
      cursor = page.nextCursor
    }
  }
})
