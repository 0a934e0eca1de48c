import assert from 'node:assert/strict'
import { report, watchBacklog } from '../../src/processes/index.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import { newIdOf } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { manualTimers } from '../support/manualTimers.ts'
import { memoryLog } from '../support/memoryLog.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { stateOf } from './stateOf.ts'

describe('the watch of the backlog', () => {
  let stack: Stack
  beforeEach(async () => void (stack = await freshStack()))
  afterEach(() => stack.drop())

  const reportAs = (roles: string[], ages?: { normal: number; express: number }) => {
    const of = (oldestDueSeconds: number) => ({ rows: 1, oldestDueSeconds })
    const backlog = ages ? { normal: of(ages.normal), express: of(ages.express) } : null
    return report(stack.db, { id: newIdOf(stack.db)(), roles, version: '1' }, { ...stateOf(), backlog })
  }

  it('tells the oldest age of its class that a relay reports, once a second, and none before', async () => {
    const timers = manualTimers()
    const { after } = timers
    await reportAs(['consumer'])
    const watch = watchBacklog({ db: stack.db, type: 'normal', logger: memoryLog().logger, after })
    const nextRound = async () => {
      await eventually('it has read', () => timers.waits().length > 0)
      assert.deepEqual(timers.waits(), [1_000])
    }
    await nextRound()
    assert.equal(watch.ageSeconds(), undefined)
    await reportAs(['relay'], { normal: 12.5, express: 70 })
    await reportAs(['relay'], { normal: 3, express: 80 })
    timers.fire()
    await nextRound()
    assert.equal(watch.ageSeconds(), 12.5)
    await watch.close()
  })

  it('forgets it when it cannot be read, says so once, and goes on', async () => {
    const pool = { maxOpenConns: 1, maxIdleConns: 1, connMaxLifetimeSeconds: 60 }
    const db = openDb({ url: stack.databaseUrl, ...pool })
    const timers = manualTimers()
    const { logger, lines } = memoryLog()
    const { after } = timers
    await reportAs(['relay'], { normal: 12.5, express: 70 })
    const watch = watchBacklog({ db, type: 'normal', logger, after })
    await eventually('it has read', () => timers.waits().length > 0)
    assert.equal(watch.ageSeconds(), 12.5)
    await closeDb(db)
    for (let round = 0; round < 2; round++) {
      timers.fire()
      await eventually('a round has ended', () => timers.waits().length > 0)
    }
    assert.equal(watch.ageSeconds(), undefined)
    await watch.close()
    const warnings = lines().filter(({ message }) => message === 'could not read the age of the backlog')
    assert.equal(warnings.length, 1)
  })
})
