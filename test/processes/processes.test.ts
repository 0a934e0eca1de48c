import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { keepReporting, openRate, readProcesses, removeSilent, report } from '../../src/processes/index.ts'
import type { ProcessState } from '../../src/processes/index.ts'
import { closeDb, openDb, read } from '../../src/platform/db/index.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { manualTimers } from '../support/manualTimers.ts'
import { memoryLog } from '../support/memoryLog.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { stateOf } from './stateOf.ts'

describe('the state of processes', () => {
  let stack: Stack
  beforeEach(async () => void (stack = await freshStack()))
  afterEach(() => stack.drop())

  const reporter = (roles = ['relay', 'consumer']) => ({ id: newIdOf(stack.db)(), roles, version: '1.2.3' })
  const running = () => read(stack.db, 'test.processes', readProcesses)
  const age = (seconds: number) =>
    look(
      stack.db,
      sql`UPDATE process_states SET reported_at = reported_at - INTERVAL ${sql.lit(seconds)} SECOND`,
    )

  it('is one row a process, written again by each report', async () => {
    const first = reporter()
    await report(stack.db, first, stateOf())
    await report(stack.db, reporter(['api']), stateOf())
    const state = stateOf({ handedOverPerSecond: 12.5 })
    await report(stack.db, first, state)
    const found = await running()
    assert.equal(found.length, 2)
    const mine = found.find(({ id }) => id === first.id)
    assert.deepEqual([mine?.roles, mine?.version, mine?.state], [first.roles, '1.2.3', state])
    assert.ok(mine && mine.startedAt <= mine.reportedAt)
  })

  it('leaves out a process that has been silent, and removes it later', async () => {
    await report(stack.db, reporter(), stateOf())
    await age(30)
    assert.deepEqual(await running(), [])
    await removeSilent(stack.db)
    const rows = () => look(stack.db, sql`SELECT id FROM process_states`)
    assert.equal((await rows()).length, 1)
    await age(60)
    await removeSilent(stack.db)
    assert.deepEqual(await rows(), [])
  })

  it('is bounded: operators beyond a number are counted', async () => {
    const one = { class: 'normal' as const, isTest: false, breaker: 'closed' as const }
    const operators = Array.from({ length: 300 }, (_, index) => ({
      ...{ name: `operator-${index}`, ...one, openForMs: null, callsPerSecond: null },
    }))
    await report(stack.db, reporter(), { ...stateOf(), operators })
    const [found] = await running()
    assert.deepEqual([found?.state.operators.length, found?.state.operatorsOmitted], [200, 100])
  })

  it('of another version is read as far as it is known, and left out when it cannot be read', async () => {
    await report(stack.db, reporter(), { ...stateOf(), more: 1 } as ProcessState)
    assert.equal((await running()).length, 1)
    for (const state of ['{}', 'null', 'not json']) {
      await look(stack.db, sql`UPDATE process_states SET state = ${state}`)
      assert.deepEqual(await running(), [])
    }
  })

  it('is reported again and again, and no more after the process has ended', async () => {
    const timers = manualTimers()
    const { logger } = memoryLog()
    let reports = 0
    const readState = () => stateOf({ acceptedRecipients: ++reports })
    const { after } = timers
    const reporting = keepReporting({ db: stack.db, reporter: reporter(), logger, readState, after })
    const reported = async () => (await running())[0]?.state.classes.normal.acceptedRecipients
    for (const report of [1, 2, 3]) {
      await eventually('it has reported', () => timers.waits().length > 0)
      assert.deepEqual([await reported(), timers.waits()], [report, [1_000]])
      if (report < 3) timers.fire()
    }
    await reporting.close()
    assert.deepEqual(await running(), [])
  })

  it('is not reported without a database, and the process goes on', async () => {
    const db = openDb({
      url: stack.databaseUrl,
      maxOpenConns: 1,
      maxIdleConns: 1,
      connMaxLifetimeSeconds: 60,
    })
    await closeDb(db)
    const timers = manualTimers()
    const { logger, lines } = memoryLog()
    const { after } = timers
    const reporting = keepReporting({ db, reporter: reporter(), logger, readState: () => stateOf(), after })
    for (let round = 0; round < 3; round++) {
      await eventually('a round has ended', () => timers.waits().length > 0)
      assert.deepEqual(timers.waits(), [1_000])
      timers.fire()
    }
    await reporting.close()
    const warnings = lines().filter(({ message }) => message === 'could not report the state of the process')
    assert.equal(warnings.length, 1)
  })
})

describe('the rate of a counter', () => {
  it('is its growth a second over the last five seconds', () => {
    let nowMs = 0
    const rate = openRate(() => nowMs)
    const at = (ms: number, count: number, isBusy = true) => ((nowMs = ms), rate.perSecond(count, isBusy))
    assert.equal(at(0, 1_000), 0)
    assert.equal(at(1_000, 1_100), 100)
    assert.equal(at(5_000, 1_100), 20)
    assert.equal(at(6_000, 1_200), 20)
    assert.equal(at(11_000, 1_200), 0)
  })

  it('knows the rate of the last work after an idle time', () => {
    let nowMs = 0
    const rate = openRate(() => nowMs)
    const at = (ms: number, count: number, isBusy: boolean) => ((nowMs = ms), rate.perSecond(count, isBusy))
    assert.equal(at(0, 1_000, true), 0)
    assert.equal(at(1_000, 1_100, false), 100)
    for (const ms of [2_000, 3_000]) assert.equal(at(ms, 1_100, false), 0)
    assert.equal(at(4_000, 1_400, true), 300)
    assert.equal(at(5_000, 1_400, true), 150)
  })
})
