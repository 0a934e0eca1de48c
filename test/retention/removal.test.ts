import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { openPass } from '../../src/audit/pass.ts'
import { dropPartitionsUntil, listWeeklyTables } from '../../src/platform/db/index.ts'
import { runRound } from '../../src/retention/round.ts'
import { runCommand } from '../audit/runCommand.ts'
import { balanceOf, look } from '../support/arrange.ts'
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

const LEDGER_KEPT_MS = KEPT_MS + 2 * WEEK_MS

describe('the removal of old weeks', () => {
  let stack: Stack
  let weeks: Weeks
  let ids: string[]
  before(async () => (stack = await freshStack()))
  after(async () => {
    // Whatever a test dropped: the next file finds the partitions as they are made.
    await renewTables(stack)
    await stack.drop()
  })
  beforeEach(async () => {
    weeks = await openWeeks(stack)
    ids = []
    const { db, mondayMs } = weeks
    for (const userId of [1, 2]) await fundAt(db, userId, mondayMs + DAY_MS)
    for (const week of [0, 1, 2]) {
      await weeks.moveTo(mondayMs + week * WEEK_MS)
      for (const userId of [1, 2])
        ids.push(await sendAt(db, userId, mondayMs + week * WEEK_MS + 2 * DAY_MS + userId))
    }
    await foldAll(db)
  })
  afterEach(() => weeks.close())

  const dayOf = (week: number) => new Date(endOfWeek(week)).toISOString().slice(0, 10)
  const endOfWeek = (week: number) => weeks.mondayMs + (week + 1) * WEEK_MS
  const clean = async (when: string) => {
    const { violations } = await audit(weeks.db)
    assert.deepEqual(violations, [], when)
  }
  const messagesLeft = async () =>
    (await look(weeks.db, sql`SELECT 1 FROM sms_requests`)).length +
    (await look(weeks.db, sql`SELECT 1 FROM message_references`)).length

  const stateOf = async () =>
    (await look(weeks.db, sql<{ state: string }>`SELECT state FROM removed_weeks`)).at(-1)?.state
  const countDropped = async () =>
    (await look(weeks.db, sql`SELECT 1 FROM removed_weeks WHERE state = 'dropped'`)).length

  it('drops a week of messages when all of it is old enough, and its ledger later', async () => {
    const { db } = weeks
    await clean('before')
    let nowMs = endOfWeek(0) + KEPT_MS - 1
    const { context, held, removed } = openRemoval(weeks, () => nowMs, {
      kept: { messagesMs: KEPT_MS, ledgerMs: LEDGER_KEPT_MS },
    })
    await runRounds(context)
    assert.deepEqual(removed, [`messages ${dayOf(-1)}`])
    nowMs++
    await runRounds(context)
    assert.deepEqual(removed, [`messages ${dayOf(-1)}`, `messages ${dayOf(0)}`])
    assert.equal(await messagesLeft(), 8)
    await clean('without the messages')
    nowMs = endOfWeek(1) + LEDGER_KEPT_MS
    await runRounds(context)
    assert.deepEqual(held, [])
    assert.deepEqual(
      removed.slice(2).sort(),
      [-1, 0, 1]
        .map((week) => `ledger ${dayOf(week)}`)
        .concat(`messages ${dayOf(1)}`, `messages ${dayOf(2)}`, `messages ${dayOf(3)}`),
    )
    await clean('without the ledger')
    assert.equal(await messagesLeft(), 0)
    assert.equal((await partitionsOf(db, 'sms_status')).length, (await partitionsOf(db, 'receipts')).length)
    assert.equal(await balanceOf(db, 1), 997)
    await fundAt(db, 1, endOfWeek(2))
    await sendAt(db, 2, endOfWeek(2))
    await clean('after more of both')
  })

  it('is shown by a command, which changes nothing, and done by it', async () => {
    // The command goes by the time of the database, and nothing of these weeks is due.
    const kept = { RETENTION_MESSAGES: '36', RETENTION_LEDGER: '36' }
    const command = (action: string) => runCommand(weeks.databaseUrl, [action], 'src/removeOld.ts', kept)
    const plan = await command('plan')
    assert.equal(plan.code, 0, plan.output)
    assert.match(plan.output, /^messages begin with the first one$/m)
    assert.match(plan.output, /^messages: kept for 36 days$/m)
    assert.match(plan.output, new RegExp(`^  before ${dayOf(0)}  stays, due `, 'm'))
    assert.deepEqual(await look(weeks.db, sql`SELECT 1 FROM removed_weeks`), [])
    await runRounds(openRemoval(weeks, () => endOfWeek(0) + KEPT_MS).context)
    const status = await command('status')
    assert.match(status.output, new RegExp(`^messages begin ${dayOf(0)}`, 'm'))
    assert.match((await command('run')).output, /^nothing more can go now$/m)
    const refused = await runCommand(weeks.databaseUrl, ['plan'], 'src/removeOld.ts', {
      RETENTION_MESSAGES: '7',
    })
    assert.deepEqual([refused.code, /must be at least 36/.test(refused.output)], [2, true])
  })

  it('is repaired by the next run after a kill between any two steps', async () => {
    const nowMs = endOfWeek(0) + KEPT_MS
    const kept = { messagesMs: KEPT_MS, ledgerMs: KEPT_MS }
    for (let round = 0, result = 'worked'; result === 'worked'; round++) {
      // Each round is a process of its own, and knows what the tables say.
      const { context } = openRemoval(weeks, () => nowMs, { kept })
      result = await runRound(context)
      await clean(`after round ${round}`)
    }
    assert.equal(await countDropped(), 4)
  })

  it('is repaired after a kill between two partitions, and before the last of them is noted', async () => {
    const { context } = openRemoval(weeks, () => endOfWeek(0) + KEPT_MS)
    while ((await countDropped()) === 0 || (await stateOf()) !== 'closing') await runRound(context)
    await dropPartitionsUntil(weeks.databaseUrl, 'sms_requests', endOfWeek(0))
    await clean('with half of the tables')
    for (const { table } of await listWeeklyTables(weeks.databaseUrl))
      if (table !== 'user_transactions') await dropPartitionsUntil(weeks.databaseUrl, table, endOfWeek(0))
    await clean('before it is noted')
    await runRounds(context)
    assert.equal(await stateOf(), 'dropped')
    await clean('afterwards')
  })

  it('leaves a pass of the audit that is under way right', async () => {
    const { context } = openRemoval(weeks, () => endOfWeek(0) + KEPT_MS, {
      kept: { messagesMs: KEPT_MS, ledgerMs: KEPT_MS },
    })
    const pass = openPass(weeks.db)
    const violations: unknown[] = []
    for (let steps = 0; !pass.isOver(); steps++) {
      violations.push(...(await pass.step(2)).violations)
      await runRound(context)
    }
    assert.deepEqual(violations, [])
    assert.equal(await countDropped(), 4)
  })
})
